// What a workspace is made of, how it is connected, and what it says is wrong with itself.
import { useQuery } from "@tanstack/react-query";
import { Boxes, CircleCheck } from "lucide-react";
import { Link } from "wouter";
import { conductor, type Schemas } from "../api/conductor";
import { useTools, useWorkspace } from "../api/queries";
import { type Row, rowOf } from "../live/timeline";
import { summary } from "../live/words";
import { Badge } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Packs.module.css";

interface Pack {
  id: string;
  version: string | undefined;
  tools: Schemas["ToolEntry"][];
}

const { api } = conductor;

// The kinds by which a workspace says that something is wrong with it, or has changed.
const telling = ["workspace_warning", "spec_tampered", "workspace_updated"];

function packsOf(tools: Schemas["ToolEntry"][]): Pack[] {
  const packs = new Map<string, Pack>();
  for (const tool of tools) {
    const id = tool.pack ?? "other";
    const pack = packs.get(id) ?? { id, version: tool.version, tools: [] };
    pack.tools.push(tool);
    packs.set(id, pack);
  }
  return [...packs.values()];
}

// What it said of itself, the newest first.
function useSaid(id: string) {
  return useQuery({
    queryKey: ["said", id],
    queryFn: async () => {
      const rows: Row[] = [];
      for (const kind of telling) {
        for (let after: number | null = 0; after !== null; ) {
          const page: Schemas["EventPage"] = (await conductor.told(api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { kind, after, limit: 1000 } } }))) as Schemas["EventPage"];
          rows.push(...page.items.map(rowOf));
          after = page.next ?? null;
        }
      }
      return rows.sort((a, b) => b.id - a.id).slice(0, 50);
    },
    refetchInterval: 10_000,
  });
}

function Packs({ id }: { id: string }) {
  const workspace = useWorkspace(id);
  const tools = useTools(id);
  const said = useSaid(id);
  return (
    <Page title="Packs and diagnostics" lead="What this workspace is made of, and what it says of itself.">
      <div className={style.columns}>
        <div>
          <Answer asked={tools} what="The packs">
            {(all) =>
              all.length === 0 ? (
                <div className="lf-card">
                  <Empty icon={Boxes} title="No pack">
                    Packs bring the tools: <code>lumenflow pack add DIR</code>
                  </Empty>
                </div>
              ) : (
                <div className={style.cards}>
                  {packsOf(all).map((pack) => (
                    <article key={pack.id} className={`${style.card} lf-card`}>
                      <header>
                        <h2>{pack.id}</h2>
                        <Badge tone="ok">active</Badge>
                        <span className={style.version}>{pack.version}</span>
                      </header>
                      <div className={style.tools}>
                        {pack.tools.map((tool) => (
                          <Link key={tool.name} href={`/w/${encodeURIComponent(id)}/tools/${encodeURIComponent(tool.name)}`} title={tool.title ?? ""}>
                            {tool.name}
                          </Link>
                        ))}
                      </div>
                    </article>
                  ))}
                </div>
              )
            }
          </Answer>
        </div>
        <div className={style.cards}>
          <section className={`${style.card} lf-card`} aria-label="Connection">
            <h2>Connection</h2>
            <Answer asked={workspace} what="The workspace">
              {(one) => (
                <Facts
                  facts={[
                    ["Standing", one.connected ? <Badge key="c" tone="ok" dot>Connected</Badge> : <Badge key="c" tone="warn" dot>Silent</Badge>],
                    ["Heard", <Ago key="h" at={one.last_seen} />],
                    ["Program", JSON.stringify(one.versions ?? {}).replaceAll(/[{}"]/g, "").replaceAll(":", " ").replaceAll(",", ", ")],
                    ["Reached at", one.sidecar_url || "over its own connection"],
                    ["Journal", one.log_id && <code key="l">{one.log_id}</code>],
                    ["Entries", one.head?.size?.toLocaleString()],
                    ["Root", one.head && <code key="r">{one.head.root}</code>],
                    ["Streams", one.streams.map((stream) => `${stream.stream} #${stream.seq}`).join(", ")],
                  ]}
                />
              )}
            </Answer>
          </section>
          <section className={`${style.card} lf-card`} aria-label="Diagnostics">
            <h2>Diagnostics</h2>
            <Answer asked={said} what="What it said of itself">
              {(rows) =>
                rows.length === 0 ? (
                  <p className={style.good}>
                    <CircleCheck size={16} aria-hidden /> It has warned of nothing.
                  </p>
                ) : (
                  <ul className={style.faults}>
                    {rows.map((row) => (
                      <li key={row.id}>
                        <Badge tone={row.kind === "workspace_updated" ? "info" : "bad"}>{row.kind.replaceAll("_", " ")}</Badge> <Ago at={row.at} />
                        <p>{summary(row)}</p>
                      </li>
                    ))}
                  </ul>
                )
              }
            </Answer>
            <p className={style.dim}>
              Everything that a support person would ask for: <code>lumenflow doctor</code>
            </p>
          </section>
        </div>
      </div>
    </Page>
  );
}

export default Packs;
