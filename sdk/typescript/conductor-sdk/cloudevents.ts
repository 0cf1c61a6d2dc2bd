// An event as CloudEvents 1.0 in JSON, and back without loss: the mapping of `lumenflow events export --format cloudevents`.

import { type AnyEvent, payloadOf } from "./guards.js";

export interface CloudEventJson {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  time: string;
  datacontenttype: "application/json";
  data: { [name: string]: unknown };
  /** Position in the stream, in decimal digits. */
  sequence: string;
  schemaversion: string;
  emittedat: string;
  expiresat?: string;
  queueseq?: string;
  onbehalfof?: string;
  traceparent?: string;
  /** Of what a reader of the journal gets. */
  position?: string;
  class?: string;
}

type Members = { [name: string]: unknown };

const texts = [
  ["event_id", "id"], ["kind", "type"], ["timestamp", "time"], ["emitted_at", "emittedat"],
  ["expires_at", "expiresat"], ["on_behalf_of", "onbehalfof"], ["trace", "traceparent"], ["class", "class"],
] as const;
const counts = [
  ["seq", "sequence"], ["queue_seq", "queueseq"], ["schema_version", "schemaversion"], ["position", "position"],
] as const;

/** What a path segment may hold stands as it is (RFC 3986, 3.3). */
function segment(text: string): string {
  return encodeURIComponent(text).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

export function toCloudEvent(event: AnyEvent): CloudEventJson {
  const members: Members = { ...event };
  const out: Members = {
    specversion: "1.0",
    source: `/workspaces/${segment(event.from)}/${segment(event.channel)}`,
    datacontenttype: "application/json",
    data: payloadOf(event),
  };
  for (const [member, attribute] of texts) if (members[member] !== undefined) out[attribute] = members[member];
  for (const [member, attribute] of counts) if (members[member] !== undefined) out[attribute] = String(members[member]);
  return out as unknown as CloudEventJson;
}

/** Throws TypeError for what is none of ours; extensions that a bus added are skipped. */
export function fromCloudEvent(cloudEvent: object): AnyEvent {
  const attributes: Members = { ...cloudEvent };
  const source = /^\/workspaces\/([^/]+)\/([^/]+)$/.exec(String(attributes["source"]));
  if (!source?.[1] || !source[2]) throw new TypeError("the source must be /workspaces/<from>/<channel>");
  if (typeof attributes["data"] !== "object" || attributes["data"] === null) throw new TypeError("the data must be an object");
  const out: Members = { from: decodeURIComponent(source[1]), channel: decodeURIComponent(source[2]) };
  for (const [member, attribute] of texts) if (attributes[attribute] !== undefined) out[member] = attributes[attribute];
  for (const [member, attribute] of counts) {
    if (attributes[attribute] === undefined) continue;
    const count = Number(attributes[attribute]);
    if (!Number.isSafeInteger(count)) throw new TypeError(`${attribute} must be a count in decimal digits`);
    out[member] = count;
  }
  for (const member of ["event_id", "kind", "timestamp", "emitted_at", "seq", "schema_version"])
    if (out[member] === undefined) throw new TypeError(`the attribute for ${member} is missing`);
  const event: unknown = out["schema_version"] === 1 ? { ...attributes["data"], ...out } : { ...out, payload: attributes["data"] };
  return event as AnyEvent;
}
