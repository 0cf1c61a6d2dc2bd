// The kinds of events there are, with their schemas and versions, and which of them this workspace uses.
import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { BookOpen, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { conductor, type Schemas } from "../api/conductor";
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

interface Seen {
  count: number;
  versions: Set<number>;
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
        const known = seen.get(kind) ?? { count: 0, versions: new Set<number>() };
        known.count += 1;
        known.versions.add(Number(event.schema_version));
        seen.set(kind, known);
      }
      return seen;
    },
  });
}

function Compatibility({ schema, seen }: { schema: KindSchema | undefined; seen: Seen | undefined }) {
  if (schema === undefined) return <Badge tone="info">a pack's own</Badge>;
  if (seen === undefined) return <Badge tone="quiet">not seen lately</Badge>;
  const version = schema["x-schema-version"] ?? 2;
  const newer = [...seen.versions].some((one) => one > version);
  return newer ? <Badge tone="warn">newer than this page knows</Badge> : <Badge tone="ok">compatible</Badge>;
}

function Catalogue({ id }: { id: string }) {
  const seen = useSeen(id);
  const [wanted, setWanted] = useState("");
  const [which, setWhich] = useState("all");
  const [open, setOpen] = useState<string>();
  const kinds = useMemo(() => {
    const names = new Set([...contract.map((one) => one.title), ...(seen.data?.keys() ?? [])]);
    const word = wanted.trim().toLowerCase();
    return [...names]
      .sort()
      .map((name) => ({ name, schema: contract.find((one) => one.title === name), seen: seen.data?.get(name) }))
      .filter(({ name, schema, seen: used }) => (which === "all" || used !== undefined) && `${name} ${schema?.description ?? ""}`.toLowerCase().includes(word));
  }, [seen.data, wanted, which]);
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
        {kinds.map(({ name, schema, seen: used }) => (
          <details key={name} className={style.kind} open={open === name} onToggle={(event) => event.currentTarget.open && setOpen(name)}>
            <summary>
              <strong>{name}</strong>
              <span className={style.about}>{schema?.description}</span>
              <span className={style.badges}>
                {used && <Badge tone="quiet">{used.count} lately</Badge>}
                {seen.data && <Compatibility schema={schema} seen={used} />}
              </span>
            </summary>
            {open === name && (
              <div className={style.inside}>
                <Facts
                  facts={[
                    ["Version", schema?.["x-schema-version"] === undefined ? [...(used?.versions ?? [])].join(", ") : String(schema["x-schema-version"])],
                    ["Versions seen", used && [...used.versions].join(", ")],
                    ["Class", schema?.["x-class"]],
                    ["Direction", schema?.["x-direction"]],
                    ["Declared by", schema?.["x-owner"] ?? name.split(":")[0]],
                    ["Streams", schema?.["x-streams"]?.join(", ")],
                  ]}
                />
                {schema ? <Json value={{ required: schema.required, properties: schema.properties }} label={`Schema of ${name}`} /> : <p>Its schema is in the manifest of the pack that declares it.</p>}
              </div>
            )}
          </details>
        ))}
      </div>
    </Page>
  );
}

export default Catalogue;
