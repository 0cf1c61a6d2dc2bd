// What an entry of the audit says, in one line, and in which colour.
import { write } from "../../api/exact";
import type { Tone } from "../../parts/Badge";
import { visible } from "../../parts/odd";

export type Entry = { type: string; ts?: string; subject?: string; code?: string } & { [name: string]: unknown };

export function toneOf({ type, state, error }: Entry): Tone {
  if (type === "command.result") return state === "done" && !error ? "ok" : "bad";
  if (/refused|revoked|failed/.test(type)) return "bad";
  if (/removed|withdrawn|cancelled|expired/.test(type)) return "warn";
  if (/enrolled|accepted|answered|signed_in|made|added/.test(type)) return "ok";
  return "info";
}

const text = (value: unknown) => (typeof value === "string" ? value : (write(value) ?? ""));

/** Which tool, or what was decided, comes first; then how it ended. */
export function said(entry: Entry): string {
  const { type: _type, ts: _ts, subject: _subject, workspace: _workspace, command, state, error, ...rest } = entry;
  const first: string[] = [];
  if (typeof command === "object" && command !== null) {
    const { kind, payload } = command as { kind?: unknown; payload?: { tool?: unknown; decision?: unknown } | null };
    first.push(text(payload?.tool ?? kind ?? ""), text(payload?.decision ?? ""));
  }
  first.push(text(state ?? ""), text((error as { code?: unknown } | null | undefined)?.code ?? error ?? ""));
  return visible([...first.filter((one) => one !== ""), ...Object.entries(rest).map(([name, value]) => `${name} ${text(value)}`)].join(" · "));
}
