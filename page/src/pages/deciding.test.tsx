// @vitest-environment jsdom
// What the pages on which something is decided do with what a conductor has changed on its way.
import { createHash } from "node:crypto";
import { canonicalJson, DeviceKey } from "@lumenflow/conductor-sdk";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { queries } from "../api/queries";
import { SessionProvider, useSession } from "../api/session";
import Approvals from "./Approvals";
import Enroll from "./Enroll";
import Recoveries from "./Recoveries";

configure({ asyncUtilTimeout: 30_000, getElementError: (message) => new Error(message ?? "not there") });
const digest = (document: unknown) => createHash("sha256").update(canonicalJson(document)).digest("hex");
const later = new Date(Date.now() + 3_600_000).toISOString();
const preview = { approvals: 1, expires_at: later, input: { path: "/safe/\u202etxt.exe" }, log_id: "l", nonce: "n", rules: [{ rule: "workspace:ask" }], subject: "ws-42:conductor", surfaces: ["policy:ask"], tool: "odd:ask" };
const approval = { approval_id: "a-1", receipt_id: "r", surface: "policy:ask", tool_name: "odd:ask", call_digest: digest(preview), preview, requested_by: "ws-42:conductor", expires_at: later, workspace_id: "ws-42", state: "pending", position: 1, requested_at: new Date().toISOString() };
const document = { cleanup_status: "needs_recovery", log_id: "l", receipt_id: "r", recovery_action: "put it\u202e back", recovery_call: { tool: "odd:mend", input: { n: 1 } }, recovery_id: "rec-1" };
const recovery = { ...document, state: "open", tool: "odd:break", subject: "ws-42:conductor", call_digest: digest(document) };

let waiting: object[] = [];
let left: object[] = [];
let local: object | undefined;
let command: object;
let head: [object, number];
let posted: { path: string; body: unknown }[] = [];

async function answer(request: Request): Promise<Response> {
  const { pathname: path } = new URL(request.url);
  const json = (document: unknown, status = 200) => new Response(JSON.stringify(document), { status, headers: { "Content-Type": "application/json" } });
  if (path === "/v2/session") return json({ name: "ana", role: "operator", expires_at: later, csrf: "c", local });
  if (path === "/v2/tokens/renew") return json({ token: "t", expires_at: later });
  if (path === "/v2/head") return json(...head);
  if (path === "/v2/workspaces/ws-42/commands/c-1") return json({ command_id: "c-1", ...command });
  if (path === "/v2/workspaces") return json({ items: [{ workspace_id: "ws-42", state: "active" }], next: null });
  if (path.endsWith("/approvals")) return json({ items: waiting, next: null });
  if (path.endsWith("/tools/kernel%3Arecovery_list") || path.endsWith("/tools/kernel:recovery_list")) return json({ state: "done", result: { success: true, data: { items: left } } });
  posted.push({ path, body: await request.json() });
  return json({ command_id: "c-1", state: "queued" });
}

function Gate({ children }: { children: ReactNode }) {
  return useSession().session ? children : null;
}

const show = (page: ReactNode) => render(<MantineProvider env="test"><QueryClientProvider client={queries}><SessionProvider><Gate>{page}</Gate></SessionProvider></QueryClientProvider></MantineProvider>);
const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });

beforeEach(() => {
  posted = [];
  local = { workspace_id: "ws-42", signs: true };
  command = { state: "done", result: { success: true } };
  head = [{ size: 1 }, 200];
  sessionStorage.clear();
  queries.clear();
  vi.stubGlobal("fetch", (request: Request) => answer(request));
});
afterEach(() => vi.unstubAllGlobals());

describe("approvals", () => {
  it("show what would be signed, its odd characters too, and sign it", async () => {
    waiting = [approval];
    show(<Approvals id="a-1" />);
    await screen.findByText(/This is exactly what is decided/);
    expect(screen.getByRole("region", { name: "The input of the call" }).textContent).toContain("/safe/\\u202etxt.exe");
    expect(screen.getAllByText(/cannot be seen/).length).toBeGreaterThan(0);
    fireEvent.click(button("Approve…"));
    await waitFor(() => expect(button("Sign and approve").disabled).toBe(false));
    fireEvent.click(button("Sign and approve"));
    await waitFor(() => expect(posted).toEqual([{ path: "/v2/approvals/a-1", body: { decision: "approve", call_digest: approval.call_digest, reason: "" } }]));
  });

  const altered: [string, object, RegExp][] = [
    ["another tool beside it", { tool_name: "memory:recall" }, /says that the tool is memory:recall; what would be signed says odd:ask/],
    ["another input", { preview: { ...preview, input: { path: "/tmp" } } }, /digest that would be signed is not that of what is shown/],
  ];
  it.each(altered)("do not approve %s, and can deny it", async (_, change, why) => {
    waiting = [{ ...approval, ...change }];
    show(<Approvals id="a-1" />);
    await screen.findByText(why);
    expect(screen.getByRole("heading", { name: "odd:ask" })).toBeTruthy();
    expect(screen.queryByText(/exactly what is decided/)).toBeNull();
    expect(button("Approve…").disabled).toBe(true);
    fireEvent.keyDown(window, { key: "a" });
    expect(screen.queryByRole("dialog")).toBeNull();
    fireEvent.keyDown(window, { key: "d" });
    await screen.findByRole("dialog");
    expect(button("Sign and deny").disabled).toBe(false);
    expect(posted).toEqual([]);
  });

  it("are open no more once somebody else has decided", async () => {
    waiting = [approval];
    show(<Approvals id="a-1" />);
    await screen.findByText(/This is exactly what is decided/);
    fireEvent.click(button("Approve…"));
    await screen.findByRole("dialog");
    waiting = [];
    await queries.invalidateQueries({ queryKey: ["pending"] });
    await screen.findByText("It waits no more");
    expect(button("Sign and approve").disabled).toBe(true);
  });
});

describe("a decision", () => {
  const deny = async (): Promise<HTMLElement> => {
    waiting = [approval];
    show(<Approvals id={undefined} />);
    await waitFor(() => expect(button("Deny…").disabled).toBe(false));
    button("Deny…").focus();
    fireEvent.click(button("Deny…"));
    return screen.findByRole("dialog");
  };

  it("that the workspace refuses is said, and still waits", async () => {
    command = { state: "done", result: { success: false, error: { code: "UNAUTHENTICATED", message: "the key counts no more" } } };
    await deny();
    fireEvent.change(screen.getByLabelText("Why"), { target: { value: "\u200b" } });
    fireEvent.click(button("Sign and deny"));
    await screen.findByText("UNAUTHENTICATED");
    await screen.findByText("the key counts no more");
    expect(posted).toEqual([{ path: "/v2/approvals/a-1", body: { decision: "deny", call_digest: approval.call_digest, reason: "" } }]);
    expect(screen.queryByText("It waits no more")).toBeNull();
  });

  const device = async () => {
    local = undefined;
    const { pair } = await DeviceKey.generate();
    queries.setQueryData(["own-devices"], [{ workspace: "ws-42", deviceId: crypto.randomUUID(), name: "Ana's laptop", scope: "approvals:decide", pair }]);
  };

  it("is not signed by a device that was revoked meanwhile", async () => {
    await device();
    await deny();
    await waitFor(() => expect(button("Sign and deny").disabled).toBe(false));
    head = [{ code: "TOKEN_REVOKED", detail: "the token was revoked" }, 401];
    await queries.invalidateQueries({ queryKey: ["standing"] });
    await screen.findByText("This device counts no more");
    expect(button("Sign and deny").disabled).toBe(true);
  });

  it("is not signed again by a device whose signature the workspace refused", async () => {
    await device();
    command = { state: "refused", error: { code: "UNAUTHENTICATED", message: "the key counts no more" } };
    await deny();
    fireEvent.click(button("Sign and deny"));
    await screen.findByText("This device counts no more");
    expect(button("Sign and deny").disabled).toBe(true);
  });

  it("that is not taken gives the focus back", async () => {
    await deny();
    fireEvent.click(button("Not now"));
    await waitFor(() => expect(window.document.activeElement?.textContent).toBe("Deny…"));
    fireEvent.keyDown(window, { key: "?" });
    await screen.findByText("With the keyboard");
    fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    await waitFor(() => expect(window.document.activeElement?.textContent).toBe("Deny…"));
  });
});

describe("recoveries", () => {
  const consenting = async () => {
    left = [recovery];
    show(<Recoveries id="ws-42" />);
    await waitFor(() => expect(button("Consent…").disabled).toBe(false));
    fireEvent.click(button("Consent…"));
    await screen.findByRole("dialog");
    fireEvent.click(screen.getByRole("checkbox"));
    fireEvent.click(button("Go on"));
  };
  const sign = () => button(/^Sign, and call odd:mend once/);
  const why = (text: string) => fireEvent.change(screen.getByLabelText(/^Why/), { target: { value: text } });

  it("take a reason that can be read", async () => {
    await consenting();
    why("\u200b");
    expect(sign().disabled).toBe(true);
    why("it was me");
    expect(sign().disabled).toBe(false);
  });

  it("that somebody else consented to are over", async () => {
    await consenting();
    why("it was me");
    left = [{ ...recovery, state: "confirmed", confirmed_by: "ws-42:phone:otto", reason: "otto was first" }];
    fireEvent.click(sign());
    await screen.findByText("It was dealt with meanwhile");
    expect(screen.getByRole("dialog").textContent).toContain("otto was first");
    expect(sign().disabled).toBe(true);
    expect(posted).toEqual([]);
  });

  it("are consented to as they are shown", async () => {
    left = [recovery];
    show(<Recoveries id="ws-42" />);
    await waitFor(() => expect(button("Consent…").disabled).toBe(false));
    expect(screen.getByText(/put it/).textContent).toContain("\\u202e");
    fireEvent.click(button("Consent…"));
    await screen.findByText(/exactly what is decided/);
  });

  it("are not where something of them was changed", async () => {
    left = [{ ...recovery, recovery_call: { tool: "odd:mend", input: { n: 2 } } }];
    show(<Recoveries id="ws-42" />);
    await screen.findByText("This cannot be consented to here");
    expect(button("Consent…").disabled).toBe(true);
  });
});

describe("a link that adds a device", () => {
  it("is still there when the page is loaded anew", async () => {
    const link = (query: string) => show(<Enroll query={query} />);
    const first = link("workspace=ws-42&device=d&ticket=t");
    await waitFor(() => expect(sessionStorage.length).toBe(1));
    first.unmount();
    link("");
    await screen.findByText("No key can be made here");
  });
});
