// What an event is that came from outside: any pack's, or one of the kinds known here.

import { type Envelope, type EventOf, type Kind, type KnownEvent, type Payloads, kinds } from "./events.js";

/** An event of any kind, a pack's own included. */
export type AnyEvent = Envelope & { schema_version: number; kind: string };

export function isKnownKind(kind: string): kind is Kind {
  return Object.hasOwn(kinds, kind);
}

/** Told apart by its kind; that the rest is as its kind says is the workspace's promise (schemas/events/index.json). */
export function isKnownEvent(event: AnyEvent): event is KnownEvent {
  return isKnownKind(event.kind) && kinds[event.kind].schemaVersion === event.schema_version;
}

export function isKind<K extends Kind>(event: AnyEvent, kind: K): event is EventOf<K> {
  return event.kind === kind && isKnownEvent(event);
}

const texts = ["kind", "event_id", "timestamp", "from", "channel", "emitted_at"];
const counts = ["schema_version", "seq"];
const stamp = new Set([...texts, ...counts, "queue_seq", "expires_at", "on_behalf_of", "trace", "payload", "position", "class"]);

/** One line of `lumenflow events export`, or the data of a server-sent event. Throws TypeError for what is no event. */
export function parseEvent(text: string): AnyEvent {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new TypeError("an event is a JSON object");
  const members = value as { [name: string]: unknown };
  for (const name of texts) if (typeof members[name] !== "string") throw new TypeError(`an event's ${name} is a string`);
  for (const name of counts) if (!Number.isSafeInteger(members[name])) throw new TypeError(`an event's ${name} is a count`);
  return value as AnyEvent;
}

/** What the kind says. Of a flat kind the object of the members that stand among the envelope's. */
export function payloadOf<K extends Kind>(event: EventOf<K>): Payloads[K];
export function payloadOf(event: AnyEvent): { [name: string]: unknown };
export function payloadOf(event: AnyEvent): unknown {
  if (event.schema_version !== 1) return (event as AnyEvent & { payload: unknown }).payload;
  return Object.fromEntries(Object.entries(event).filter(([name]) => !stamp.has(name)));
}
