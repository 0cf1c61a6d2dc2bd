"""The kinds as TypeScript: an interface for each payload, and the union of events by kind."""

import json

from contracts import typescript


def types(events):
    out = f"""// Generated from schemas/events/ by scripts/contract; change those instead.
//
// The {len(events.kinds)} kinds of events that the kernel and the first-party packs emit or receive. Times are RFC 3339.

export type JsonObject = {{ [name: string]: unknown }};

"""
    out += typescript.enumerations(events.enumerations)
    kinds = {kind.record: kind for kind in events.kinds}
    for record in events.records:
        kind = kinds.get(record.name)
        out += "\n" + typescript.record(record, f"{kind.kind}: {kind.description}" if kind else record.description)
    out += "\n" + typescript.record(events.stamp, events.stamp.description)
    out += "\n/** The payload of each kind. */\nexport interface Payloads {\n"
    out += "".join(f'  "{kind.kind}": {kind.record};\n' for kind in events.kinds)
    out += "}\n\n/** How each kind travels. The members of a flat kind (schemaVersion 1) stand among the envelope's. */\nexport const kinds = {\n"
    for kind in events.kinds:
        streams = json.dumps(kind.schema["x-streams"])
        out += (f'  "{kind.kind}": {{ schemaVersion: {kind.schema_version}, class: "{kind.schema["x-class"]}", '
                f'direction: "{kind.schema["x-direction"]}", streams: {streams} }},\n')
    return out + """} as const satisfies Record<keyof Payloads, KindInfo>;

export interface KindInfo {
  readonly schemaVersion: 1 | 2;
  readonly class: "queue" | "ephemeral";
  readonly direction: "inbound" | "outbound";
  readonly streams: readonly ("sidecar" | "phone" | "bridge")[];
}

export type Kind = keyof Payloads;
export type FlatKind = { [K in Kind]: (typeof kinds)[K]["schemaVersion"] extends 1 ? K : never }[Kind];

/** The event of one kind. */
export type EventOf<K extends Kind> = K extends FlatKind
  ? Envelope & { schema_version: 1; kind: K } & Payloads[K]
  : Envelope & { schema_version: 2; kind: K; payload: Payloads[K] };

/** An event of any of these kinds: `switch (event.kind)` tells them apart. */
export type KnownEvent = { [K in Kind]: EventOf<K> }[Kind];
"""
