// What came of a decision: that it was queued says nothing yet, the workspace may refuse it.
import { conductor, Problem, type Schemas } from "../api/conductor";

const patienceMs = 60_000;
const askAgainMs = 700;
const ends = new Set(["done", "refused", "expired", "cancelled"]);

async function ended(workspace: string, commandId: string): Promise<Schemas["Command"] | undefined> {
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    const command = await conductor.command(workspace, commandId).catch((error: unknown) => {
      // Who is gone for a while comes back.
      if (error instanceof Problem && (error.httpStatus === 0 || error.httpStatus >= 500)) return undefined;
      throw error;
    });
    if (command !== undefined && ends.has(command.state)) return command;
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  }
  return undefined;
}

/** Once the workspace has taken it; throws why it did not. */
export async function settled(workspace: string, queued: Schemas["QueuedCommand"]): Promise<void> {
  // Of a workspace that serves the page itself: it was done, or it would have been refused.
  if (queued.state === "done") return;
  const command = await ended(workspace, queued.command_id).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== "TOKEN_SCOPE_DENIED") throw error;
    throw new Problem(error.code, `It was signed and sent; this device may not see what ${workspace} made of it (events:read).`, error.httpStatus);
  });
  if (command === undefined) throw new Problem("TIMEOUT", `It was signed and sent; ${workspace} has not said yet what it made of it. It may still count.`, 504);
  const result = command.result as { success?: boolean; error?: { code: string; message: string } } | undefined;
  const error = command.error ?? result?.error;
  if (command.state === "done" && result?.success !== false && !error) return;
  throw new Problem(error?.code ?? command.state.toUpperCase(), error?.message ?? `the workspace did not take it: ${command.state}`, 409, command);
}
