// A call of a tool, from the asking to its end, with what is known in between.
import { useCallback, useEffect, useRef, useState } from "react";
import { conductor, Problem, type Schemas, signer } from "./conductor";

const { api } = conductor;

export type Step = "asking" | Schemas["CommandStateName"];

export interface Progress {
  step: Step;
  dryRun: boolean;
  input: string;
  commandId?: string;
  receiptId?: string;
  outcome?: Schemas["ToolOutcome"] | Schemas["Command"];
  error?: unknown;
}

const ends = new Set<Step>(["done", "refused", "expired", "cancelled"]);
const askAgainMs = 900;

export function hasEnded(progress: Progress | undefined): boolean {
  return progress !== undefined && (progress.error !== undefined || ends.has(progress.step));
}

/** Also where the origin is no secure context, as over plain HTTP in a local network. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// A call that was refused answers with the refusal's status, and its outcome as the document.
function outcomeOf(error: unknown): Schemas["ToolOutcome"] | undefined {
  const document = error instanceof Problem ? (error.document as Schemas["ToolOutcome"] | undefined) : undefined;
  return typeof document === "object" && document !== null && "state" in document ? document : undefined;
}

export function useCall(workspace: string, tool: string) {
  const [progress, setProgress] = useState<Progress>();
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);

  const run = useCallback(
    async (input: { [name: string]: unknown }, dryRun: boolean) => {
      current.current?.abort();
      const abort = new AbortController();
      current.current = abort;
      const given = dryRun ? { ...input, dry_run: true } : input;
      let now: Progress = { step: "asking", dryRun, input: JSON.stringify(input) };
      const change = (changes: Partial<Progress>) => {
        if (abort.signal.aborted) return;
        now = { ...now, ...changes };
        setProgress(now);
      };
      change({});
      try {
        const params = { path: { id: workspace, name: tool }, query: { wait: "1s" }, header: await conductor.callHeaders(tool, given, { idempotencyKey: newKey(), ...signer() }) };
        const answer = await conductor.told(api.POST("/v2/workspaces/{id}/tools/{name}", { params, body: given }));
        if (!("expires_at" in answer)) return change({ step: answer.state, outcome: answer, ...(answer.receipt_id ? { receiptId: answer.receipt_id } : {}) });
        change({ step: answer.state, commandId: answer.command_id });
        while (!abort.signal.aborted && !ends.has(now.step)) {
          await new Promise((resolve) => setTimeout(resolve, askAgainMs));
          const command = await conductor.command(workspace, answer.command_id).catch((error: unknown) => {
            // A conductor that is gone for a while comes back; the call goes on without us.
            if (error instanceof Problem && (error.httpStatus === 0 || error.httpStatus >= 500)) return undefined;
            throw error;
          });
          if (command === undefined) continue;
          change({ step: command.state, ...(command.receipt_id ? { receiptId: command.receipt_id } : {}), ...(ends.has(command.state) ? { outcome: command } : {}) });
        }
      } catch (error) {
        const outcome = outcomeOf(error);
        change(outcome ? { step: outcome.state, outcome, ...(outcome.receipt_id ? { receiptId: outcome.receipt_id } : {}) } : { error });
      }
    },
    [workspace, tool],
  );

  const cancel = useCallback(async () => {
    if (progress?.commandId !== undefined) await conductor.cancel(workspace, progress.commandId, "cancelled on the page").catch(() => undefined);
  }, [workspace, progress?.commandId]);

  return { progress, run, cancel, clear: () => setProgress(undefined) };
}
