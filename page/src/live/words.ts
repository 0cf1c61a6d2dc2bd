// What an event says, in one line, and in which colour.
import { write } from "../api/exact";
import type { Tone } from "../parts/Badge";
import { toneOf } from "../parts/Badge";
import { visible } from "../parts/odd";
import type { Row } from "./timeline";

type Fields = { [name: string]: unknown };

const own = new Set(["schema_version", "kind", "event_id", "timestamp", "from", "channel", "seq", "queue_seq", "emitted_at", "class", "log_id", "position", "trace", "on_behalf_of"]);

/** What the event says: its payload, or of a flat kind what stands beside the envelope's members. */
export function payloadOf(event: object): Fields {
  const fields = event as Fields;
  if (typeof fields.payload === "object" && fields.payload !== null) return fields.payload as Fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !own.has(name)));
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : (write(value) ?? "");
  return visible(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

// What a reader looks for first.
const first = ["tool_name", "tool", "task_id", "wu_id", "title", "goal", "reason", "outcome", "status", "code", "state", "text", "message"];
const never = new Set(["receipt_id", "envelope_hash", "call_digest", "preview"]);

export function summary(row: Row): string {
  const event = row.event as Fields;
  if (event.kind === undefined) {
    const missing = event.first_seq === undefined ? "" : ` ${String(event.first_seq)} to ${String(event.last_seq)}`;
    return `${String(event.channel ?? "")}${missing}${event.reason === undefined ? "" : `: ${String(event.reason)}`}`;
  }
  const payload = payloadOf(event);
  const names = Object.keys(payload).filter((name) => !never.has(name) && payload[name] !== null && payload[name] !== "");
  names.sort((a, b) => rank(a) - rank(b));
  const said = names.slice(0, 4).map((name) => (first.includes(name) ? short(payload[name]) : `${visible(name)} ${short(payload[name])}`));
  return said.join(" · ");
}

function rank(name: string): number {
  const at = first.indexOf(name);
  return at < 0 ? first.length : at;
}

export function toneOfEvent(row: Row): Tone {
  const payload = payloadOf(row.event);
  for (const name of ["outcome", "status", "cleanup_status", "state"]) {
    const value = payload[name];
    if (typeof value === "string" && toneOf(value) !== "quiet") return toneOf(value);
  }
  if (/(failed|aborted|tampered|warning|denied|crashed)$/.test(row.kind)) return "bad";
  if (/(requested|blocked|pending|recovery)/.test(row.kind)) return "warn";
  if (/(completed|passed|resolved|claimed)$/.test(row.kind)) return "ok";
  return row.kind.includes(":") || "kind" in row.event ? "info" : "quiet";
}
