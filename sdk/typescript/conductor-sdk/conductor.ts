// A client of the conductor: browsers, Node 20 and later.
//
//   const conductor = new Conductor({ url: "https://conductor.example", token });
//   const outcome = await conductor.call("ws-42", "task:create", { title: "Water" }, { idempotencyKey: "plants-1" });
//   for await (const event of conductor.follow("ws-42", { signal })) console.log(event.kind);
//
// `api` is the whole surface, typed from its OpenAPI description. Whatever is no answer is thrown as a Problem.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";
import type { DeviceKey, PublicKey } from "./device.js";
import { serverEvents } from "./sse.js";

export type Schemas = components["schemas"];
export type WorkspaceEvent = Schemas["WorkspaceEvent"];
export type Command = Schemas["Command"];
export type Approval = Schemas["Approval"];
export type ToolOutcome = Schemas["ToolOutcome"];

/** Why there is no answer. `code` is one of docs/reference/errors.md, or UNREACHABLE. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** 0 when nothing was answered. */
    readonly httpStatus: number,
    /** Everything that was said: a problem document, or how a call ended. */
    readonly document: unknown = undefined,
  ) {
    super(message);
    this.name = "Problem";
  }
}

export interface ConductorOptions {
  /** Scheme, host and port. */
  url: string;
  /** Of a device or a workspace; operators sign in instead. */
  token?: string;
  /** Of one request but for streams; 60 seconds unless given. */
  timeoutMs?: number;
  /** In place of the global fetch. */
  fetch?: typeof fetch;
  /** In place of JSON.parse for what is answered and streamed: one that keeps numbers which a double would round. */
  parse?: (text: string) => unknown;
}

export interface CallOptions {
  /** The same key again is the same call. */
  idempotencyKey?: string;
  /** Of a device, which signs what it asks for: its key, and its subject `<workspace>:phone:<device_id>`. */
  signer?: { key: DeviceKey; subject: string };
  /** Until the outcome is known, however often that is asked for; without end unless given. */
  signal?: AbortSignal;
}

export interface Decision {
  decision: "approve" | "deny";
  /** Who decides: the device's subject, `<workspace>:phone:<device_id>`. */
  subject: string;
  reason?: string;
}

export interface FollowOptions {
  kind?: string;
  stream?: string;
  /** From behind this position; 0 is the beginning. Without it, from now on. */
  after?: number;
  signal?: AbortSignal;
  /** Told when a connection is there ("open") and when it is waited for again ("waiting"). */
  onState?: (state: "open" | "waiting") => void;
}

const ended = new Set(["done", "refused", "expired", "cancelled"]);
const pauseMs = 1000;

function text(document: unknown, name: string): string | undefined {
  const value = typeof document === "object" && document !== null ? (document as { [name: string]: unknown })[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

function problemOf(document: unknown, status: number): Problem {
  const inner = (document as { error?: unknown } | undefined)?.error ?? document;
  const message = text(inner, "detail") ?? text(inner, "message") ?? "no reason was given";
  return new Problem(text(inner, "code") ?? "INTERNAL", message, status, document);
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

export class Conductor {
  /** Every route with its types. Its answers are `{data, error, response}`; `told` makes the data or a Problem of one. */
  readonly api: Client<paths>;
  private readonly fetch: typeof fetch;
  private csrf = "";
  private cookie = "";

  constructor(private readonly options: ConductorOptions) {
    this.fetch = options.fetch ?? ((...given) => fetch(...given));
    this.api = createClient<paths>({
      baseUrl: options.url,
      credentials: "same-origin",
      fetch: async (request) => this.readable(await this.send(request, AbortSignal.timeout(options.timeoutMs ?? 60_000))),
    });
  }

  /** The data of an answer; throws the Problem that it tells of otherwise. */
  async told<Data>(asked: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
    const { data, error, response } = await asked;
    if (!response.ok || data === undefined) throw problemOf(error, response.status);
    return data;
  }

  /** As an operator. A browser keeps the cookie; elsewhere it is kept here. */
  async signIn(name: string, passphrase: string): Promise<Schemas["OpenedSession"]> {
    const session = await this.told(this.api.POST("/v2/session", { body: { name, passphrase } }));
    this.csrf = session.csrf;
    return session;
  }

  /** Of the session whose cookie the browser kept: a page that is loaded anew goes on. `word` is the `csrf` that its opening answered, for
   * a server that asks for it each time. */
  async resumeSession(word = ""): Promise<Schemas["Session"]> {
    this.csrf = word;
    const session = await this.told(this.api.GET("/v2/session"));
    this.csrf = session.csrf;
    return session;
  }

  async signOut(): Promise<void> {
    await this.told(this.api.DELETE("/v2/session"));
    this.csrf = this.cookie = "";
  }

  async tools(workspace: string): Promise<Schemas["ToolEntry"][]> {
    return (await this.told(this.api.GET("/v2/workspaces/{id}/tools", { params: { path: { id: workspace } } }))).tools;
  }

  /** Calls a tool and waits for its end: also of one that waits for an approval meanwhile. */
  async call(workspace: string, tool: string, input: { [name: string]: unknown }, options: CallOptions = {}): Promise<ToolOutcome> {
    const header = await this.callHeaders(tool, input, options);
    const params = { path: { id: workspace, name: tool }, ...(Object.keys(header).length === 0 ? {} : { header }) };
    const answer = await this.told(this.api.POST("/v2/workspaces/{id}/tools/{name}", { params, body: input }));
    if (!("expires_at" in answer)) return answer;
    return (await this.outcome(workspace, answer.command_id, options.signal)) as ToolOutcome;
  }

  /** What goes with a call besides its input: its key, and a device's signature. */
  async callHeaders(tool: string, input: { [name: string]: unknown }, { idempotencyKey, signer }: CallOptions): Promise<{ [name: string]: string }> {
    const named = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    if (signer === undefined) return named;
    const decided_at = new Date().toISOString();
    const payload = { tool, input, ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }) };
    const signature = await signer.key.signCommand({ kind: "conductor:tool_requested", payload, decided_by: signer.subject, decided_at });
    return { ...named, "LumenFlow-Signature": signature, "LumenFlow-Decided-At": decided_at };
  }

  command(workspace: string, commandId: string): Promise<Command> {
    return this.told(this.api.GET("/v2/workspaces/{id}/commands/{command_id}", {
      params: { path: { id: workspace, command_id: commandId } },
    }));
  }

  /** How a command ended, once it has. */
  async outcome(workspace: string, commandId: string, signal?: AbortSignal): Promise<Command> {
    for (;;) {
      const command = await this.command(workspace, commandId);
      if (ended.has(command.state)) return command;
      await pause(pauseMs, signal);
    }
  }

  cancel(workspace: string, commandId: string, reason?: string): Promise<Command> {
    return this.told(this.api.DELETE("/v2/workspaces/{id}/commands/{command_id}", {
      params: { path: { id: workspace, command_id: commandId }, ...(reason === undefined ? {} : { query: { reason } }) },
    }));
  }

  async approvals(workspace: string, state?: "pending"): Promise<Approval[]> {
    const query = state === undefined ? {} : { query: { state } };
    return (await this.told(this.api.GET("/v2/workspaces/{id}/approvals", { params: { path: { id: workspace }, ...query } }))).items;
  }

  /** Decides with the device's key. What is signed is the call's digest: nothing else can be made of it. */
  async decide(approval: Approval, key: DeviceKey, { decision, subject, reason = "" }: Decision): Promise<Schemas["QueuedCommand"]> {
    const { approval_id, call_digest, workspace_id } = approval;
    const decided_at = new Date().toISOString();
    const signature = await key.signApproval({ approval_id, call_digest, decision, decided_by: subject, reason, decided_at });
    const body = { decision, signature, decided_by: subject, decided_at, workspace_id, ...(reason === "" ? {} : { reason }) };
    return this.told(this.api.POST("/v2/approvals/{approval_id}", { params: { path: { approval_id } }, body }));
  }

  /** Asks the workspace to pin this device; its operator then compares the key's thumbprint and accepts. */
  async requestDevice(request: { ticket: string; workspace: string; deviceId: string; name: string; key: PublicKey }): Promise<void> {
    await this.told(this.api.POST("/v2/enrollments", {
      body: { kind: "device", ticket: request.ticket, workspace_id: request.workspace, device_id: request.deviceId, name: request.name, public_key: request.key },
    }));
  }

  /** What the workspace decided about the device, once it has. */
  async deviceDecision(ticket: string, deviceId: string, signal?: AbortSignal): Promise<Schemas["DeviceEnrollmentState"]> {
    for (;;) {
      const state = await this.told(this.api.GET("/v2/enrollments/{device_id}", {
        params: { path: { device_id: deviceId } },
        headers: { Authorization: `Bearer ${ticket}` },
      }));
      if (state.state !== "pending") return state;
      await pause(pauseMs, signal);
    }
  }

  /** A device's token, the first one and for one that is over, by its key. The client goes on with it. */
  async renew(workspace: string, deviceId: string, key: DeviceKey): Promise<Schemas["RenewedToken"]> {
    const assertion = await key.assertion(`${workspace}:phone:${deviceId}`);
    const renewed = await this.told(this.api.POST("/v2/tokens/renew", { body: { workspace_id: workspace, device_id: deviceId, assertion } }));
    this.options.token = renewed.token;
    return renewed;
  }

  /**
   * Events as they arrive, each once and in order. A connection that ends is opened again behind the last one. Throws the
   * Problem that ends it for good: a revoked token, a signed out operator.
   */
  async *follow(workspace: string, options: FollowOptions = {}): AsyncGenerator<Schemas["EventItem"], void, undefined> {
    const { signal } = options;
    let after = options.after ?? await this.end();
    while (!signal?.aborted) {
      const query = new URLSearchParams({ after: String(after) });
      if (options.kind !== undefined) query.set("kind", options.kind);
      if (options.stream !== undefined) query.set("stream", options.stream);
      const url = `${this.options.url}/v2/workspaces/${encodeURIComponent(workspace)}/events?${query}`;
      try {
        const answer = await this.send(new Request(url, { headers: { Accept: "text/event-stream" } }), signal);
        if (!answer.ok || answer.body === null) throw problemOf(await answer.json().catch(() => undefined), answer.status);
        options.onState?.("open");
        for await (const event of serverEvents(answer.body)) {
          const data: unknown = (this.options.parse ?? JSON.parse)(event.data);
          if (event.event === "error") throw problemOf(data, 401);
          after = Number(event.id);
          yield data as Schemas["EventItem"];
        }
      } catch (error) {
        if (signal?.aborted) return;
        const again = error instanceof Problem ? [0, 429, 502, 503, 504].includes(error.httpStatus) : error instanceof TypeError;
        if (!again) throw error;
      }
      options.onState?.("waiting");
      await pause(pauseMs, signal).catch(() => undefined);
    }
  }

  // The position from which on everything is new.
  private async end(): Promise<number> {
    return (await this.told(this.api.GET("/v2/head"))).size;
  }

  // The client asks an answer whose length it knows for its `json`, and reads others by itself.
  private async readable(answer: Response): Promise<Response> {
    const { parse } = this.options;
    if (parse === undefined || !answer.ok || answer.body === null) return answer;
    const text = await answer.text();
    const { status, statusText } = answer;
    const read = new Response(text, { status, statusText, headers: { ...Object.fromEntries(answer.headers), "Content-Length": String(text.length) } });
    return Object.defineProperty(read, "json", { value: async () => parse(text) });
  }

  private async send(request: Request, signal?: AbortSignal): Promise<Response> {
    if (this.options.token !== undefined && !request.headers.has("Authorization")) request.headers.set("Authorization", `Bearer ${this.options.token}`);
    if (this.csrf !== "") request.headers.set("X-CSRF-Token", this.csrf);
    if (this.cookie !== "") request.headers.set("Cookie", this.cookie);
    let answer: Response;
    try {
      answer = await this.fetch(request, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted && request.headers.get("Accept") === "text/event-stream") throw error;
      throw new Problem("UNREACHABLE", String(error), 0);
    }
    // Browsers keep cookies to themselves, and do not show them.
    const [cookie] = answer.headers.getSetCookie?.() ?? [];
    if (cookie !== undefined) this.cookie = cookie.split(";")[0] ?? "";
    return answer;
  }
}
