// The kinds of events there are, with their schemas and versions, and which of them this workspace uses.
import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { BookOpen, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useAsked } from "../api/asked";
import { conductor, type Schemas } from "../api/conductor";
import { payloadOf } from "../live/words";
import { Badge } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { Page } from "../parts/Page";
import { Empty } from "../parts/states";
import style from "./Catalogue.module.css";

interface KindSchema {
  title: string;
  description?: string;
  "x-schema-version"?: number;
  "x-class"?: string;
  "x-direction"?: string;
  "x-owner"?: string;
  "x-streams"?: string[];
  properties?: { [name: string]: unknown };
  required?: string[];
}

// The contract that this page was built with.
const files = import.meta.glob<KindSchema>("../../../schemas/events/*/*.schema.json", { eager: true, import: "default" });
const contract = Object.values(files).sort((a, b) => a.title.localeCompare(b.title));

const { api } = conductor;

class Seen {
  count = 0;
  versions = new Set<number>();
  private always: Set<string> | undefined; // members that every one of them had

  take(event: object): void {
    this.count += 1;
    this.versions.add(Number((event as { schema_version?: number }).schema_version));
    const names = Object.keys(payloadOf(event));
    this.always = this.always === undefined ? new Set(names) : new Set(names.filter((name) => this.always?.has(name)));
  }

  /** Which of these members were not in all of them. */
  lacks(names: string[]): string[] {
    return names.filter((name) => !this.always?.has(name));
  }
}

function useSeen(id: string) {
  return useQuery({
    queryKey: ["seen", id],
    queryFn: async () => {
      const { size } = await conductor.told(api.GET("/v2/head"));
      const page = (await conductor.told(api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { after: Math.max(0, size - 4000), limit: 1000 } } }))) as Schemas["EventPage"];
      const seen = new Map<string, Seen>();
      for (const event of page.items) {
        if (!("kind" in event)) continue;
        const kind = String(event.kind);
        const known = seen.get(kind) ?? new Seen();
        known.take(event);
        seen.set(kind, known);
      }
      return seen;
    },
  });
}

/** A kind that an active pack declares, as the workspace says. */
interface Declared {
  kind: string;
  pack: string;
  version: string;
  class: string;
  schema?: { properties?: { [name: string]: unknown }; required?: string[] };
}

// Of a pack's own kinds: whether an active pack declares what was seen, with the members that it requires.
function Compatibility({ schema, seen, declared, known }: { schema: KindSchema | undefined; seen: Seen | undefined; declared: Declared | undefined; known: boolean }) {
  if (schema === undefined && !known) return <Badge tone="info">a pack's own</Badge>;
  if (schema === undefined) {
    if (declared === undefined) return <Badge tone="warn">no active pack declares it</Badge>;
    if (seen === undefined) return <Badge tone="quiet">not seen lately</Badge>;
    const missing = seen.lacks(declared.schema?.required ?? []);
    return missing.length > 0 ? <Badge tone="warn">older: without {missing.join(", ")}</Badge> : <Badge tone="ok">as declared</Badge>;
  }
  if (seen === undefined) return <Badge tone="quiet">not seen lately</Badge>;
  const version = schema["x-schema-version"] ?? 2;
  const newer = [...seen.versions].some((one) => one > version);
  return newer ? <Badge tone="warn">newer than this page knows</Badge> : <Badge tone="ok">compatible</Badge>;
}

function Catalogue({ id }: { id: string }) {
  const seen = useSeen(id);
  const own = useAsked<{ kinds: Declared[]; event_types: { type: string; pack: string; version: number }[] }>(id, "kernel:kind_list", {});
  const [wanted, setWanted] = useState("");
  const [which, setWhich] = useState("all");
  const [open, setOpen] = useState<string>();
  const kinds = useMemo(() => {
    const names = new Set([...contract.map((one) => one.title), ...(own.data?.kinds ?? []).map((one) => one.kind), ...(seen.data?.keys() ?? [])]);
    const word = wanted.trim().toLowerCase();
    return [...names]
      .sort()
      .map((name) => ({ name, schema: contract.find((one) => one.title === name), seen: seen.data?.get(name), declared: own.data?.kinds.find((one) => one.kind === name) }))
      .filter(({ name, schema, seen: used }) => (which === "all" || used !== undefined) && `${name} ${schema?.description ?? ""}`.toLowerCase().includes(word));
  }, [seen.data, own.data, wanted, which]);
  return (
    <Page
      title="Catalogue"
      lead="What can be said here: each kind of event, its schema and version, and whether what this workspace sends is what this page knows."
      actions={
        <>
          <SegmentedControl size="sm" value={which} onChange={setWhich} aria-label="Which kinds" data={[{ value: "all", label: "All kinds" }, { value: "seen", label: "Seen here" }]} />
          <TextInput aria-label="Find a kind" placeholder="Find" leftSection={<Search size={15} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
        </>
      }
    >
      <div className="lf-card">
        {kinds.length === 0 && <Empty icon={BookOpen} title="No kind is like that" />}
        {kinds.map(({ name, schema, seen: used, declared }) => (
          <details key={name} className={style.kind} open={open === name} onToggle={(event) => event.currentTarget.open && setOpen(name)}>
            <summary>
              <strong>{name}</strong>
              <span className={style.about}>{schema?.description}</span>
              <span className={style.badges}>
                {used && <Badge tone="quiet">{used.count} lately</Badge>}
                {seen.data && <Compatibility schema={schema} seen={used} declared={declared} known={own.data !== undefined} />}
              </span>
            </summary>
            {open === name && (
              <div className={style.inside}>
                <Facts
                  facts={[
                    ["Version", schema?.["x-schema-version"] === undefined ? [...(used?.versions ?? [])].join(", ") : String(schema["x-schema-version"])],
                    ["Versions seen", used && [...used.versions].join(", ")],
                    ["Class", schema?.["x-class"] ?? declared?.class],
                    ["Direction", schema?.["x-direction"]],
                    ["Declared by", schema?.["x-owner"] ?? (declared && `${declared.pack} ${declared.version}`) ?? name.split(":")[0]],
                    ["Streams", schema?.["x-streams"]?.join(", ")],
                  ]}
                />
                {(schema ?? declared?.schema) ? <Json value={{ required: (schema ?? declared?.schema)?.required, properties: (schema ?? declared?.schema)?.properties }} label={`Schema of ${name}`} /> : <p>No schema of it is known here: no active pack declares it.</p>}
              </div>
            )}
          </details>
        ))}
      </div>
      {(own.data?.event_types.length ?? 0) > 0 && (
        <section className={`${style.types} lf-card`} aria-label="Runtime event types">
          <h2>Runtime event types</h2>
          <p>What packs say to each other within the workspace, as it was generated from their manifests: a workspace whose packs declare others does not start.</p>
          <Facts facts={(own.data?.event_types ?? []).map((one) => [one.type, `version ${one.version}, ${one.pack}`])} />
        </section>
      )}
    </Page>
  );
}

export default Catalogue;
