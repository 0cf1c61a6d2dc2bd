// @vitest-environment jsdom
import { MantineProvider } from "@mantine/core";
import { Problem, type Schemas } from "@lumenflow/conductor-sdk";
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Connection } from "./Connection";
import { Answer } from "./states";

const asked = { data: undefined as string | undefined, error: null as unknown, isPending: true, isError: false, dataUpdatedAt: 0, refetch: () => undefined };

function show(changes: Partial<typeof asked>) {
  render(
    <MantineProvider>
      <Answer asked={{ ...asked, ...changes }} what="The list">
        {(data) => <p>{data}</p>}
      </Answer>
    </MantineProvider>,
  );
}

describe("what a page shows meanwhile", () => {
  it("says that it loads", () => {
    show({});
    expect(screen.getByRole("status").textContent).toContain("Loading the list");
  });

  it("says that it is disconnected, and offers to try again", () => {
    show({ isError: true, error: new Problem("UNREACHABLE", "TypeError", 0) });
    expect(screen.getByText("Disconnected")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("says why something was refused", () => {
    show({ isError: true, error: new Problem("TOKEN_SCOPE_DENIED", "this needs <audit:read>", 403) });
    expect(screen.getByText("this needs <audit:read>")).toBeTruthy();
    expect(screen.getByText("TOKEN_SCOPE_DENIED")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("says that a workspace is not heard any more", () => {
    const workspace = { workspace_id: "ws-42", state: "active", connected: false, last_seen: new Date(Date.now() - 180_000).toISOString() } as Schemas["Workspace"];
    const { rerender } = render(<Connection offline={false} of={workspace} />);
    expect(screen.getByRole("status").textContent).toMatch(/^Silent, heard 3 min.* ago$/);
    rerender(<Connection offline={false} of={{ ...workspace, connected: true }} />);
    expect(screen.getByRole("status").textContent).toBe("Connected");
    rerender(<Connection offline of={workspace} />);
    expect(screen.getByRole("status").textContent).toBe("Disconnected");
  });

  it("goes on showing what is old, and says how old", () => {
    show({ data: "what was known", isError: true, error: new Problem("UNREACHABLE", "TypeError", 0), dataUpdatedAt: Date.now() - 3_600_000 });
    expect(screen.getByText("what was known")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toMatch(/This is from .*ago/);
  });
});
