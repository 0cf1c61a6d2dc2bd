// What a workspace is made of, how it is connected, and what it knows to be wrong with itself.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Boxes, CircleCheck } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { Link } from "wouter";
import { useActivity } from "../api/activity";
import { useAsked } from "../api/asked";
import { conductor, type Schemas } from "../api/conductor";
import { useWorkspace } from "../api/queries";
import { useWho } from "../api/session";
import { type Row, rowOf } from "../live/timeline";
import { summary } from "../live/words";
import { Badge } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Packs.module.css";

interface Diagnostic {
  code: string;
  name?: string;
  severity: string;
  file?: string;
  line?: number;
  message: string;
  help?: string;
}

interface Pack {
  id: string;
  status: string;
  version?: string;
  title?: string;
  source?: string;
  integrity?: string;
  tools?: string[];
  diagnostics?: Diagnostic[];
}

interface Known {
  items: Diagnostic[];
  packs: Pack[];
  configuration: { hash: string; production: boolean; tampered: boolean };
  operator_key: { thumbprint: string; replaced: string };
  journal: { damaged: boolean; what: string; read_only: boolean; available: boolean };
}

const Chart = lazy(() => import("../parts/Chart"));
const { api } = conductor;

// The kinds by which a workspace says that something is wrong with it, or has changed.
const telling = ["workspace_warning", "spec_tampered", "workspace_updated"];

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
  const known = useAsked<Known>(id, "kernel:diagnostics_show", {});
  const activity = useActivity(id);
  const again = (
    <Button size="xs" variant="default" onClick={() => void known.refetch()} loading={known.isFetching}>
      Ask the workspace again
    </Button>
  );
  return (
    <Page title="Packs and diagnostics" lead="What this workspace is made of, and what it knows of itself." actions={again}>
      <div className={style.columns}>
        <div className={style.cards}>
          <Section name="Activity">
            <Answer asked={activity} what="The activity">
              {(one) => (
                <Suspense fallback={null}>
                  <Chart of={one} height={150} sides />
                </Suspense>
              )}
            </Answer>
          </Section>
          <Answer asked={known} what="The packs">
            {({ packs }) =>
              packs.length === 0 ? (
                <div className="lf-card">
                  <Empty icon={Boxes} title="No pack">
                    Packs bring the tools: <code>lumenflow pack add DIR</code>
                  </Empty>
                </div>
              ) : (
                packs.map((pack) => <PackCard key={pack.id} workspace={id} pack={pack} />)
              )
            }
          </Answer>
        </div>
        <div className={style.cards}>
          <Section name="Diagnostics">
            <Answer asked={known} what="The diagnostics">{(all) => <Judgement of={all} />}</Answer>
            <p className={style.dim}>
              Everything that a support person would ask for: <code>lumenflow doctor</code>
            </p>
          </Section>
          <Connection id={id} />
          <Said id={id} />
        </div>
      </div>
    </Page>
  );
}

function Section({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className={`${style.card} lf-card`} aria-label={name}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

function PackCard({ workspace, pack }: { workspace: string; pack: Pack }) {
  const active = pack.status === "active";
  return (
    <article className={`${style.card} lf-card`}>
      <header>
        <h2>{pack.title ?? pack.id}</h2>
        <Badge tone={active ? "ok" : "bad"}>{pack.status}</Badge>
        <span className={style.version}>{pack.version}</span>
      </header>
      <Facts facts={[["Id", <code key="i">{pack.id}</code>], ["From", pack.source], ["Content", pack.integrity && <code key="c">{pack.integrity.slice(0, 24)}…</code>]]} />
      <Faults of={pack.diagnostics ?? []} />
      <div className={style.tools}>
        {(pack.tools ?? []).map((tool) => (
          <Link key={tool} href={`/w/${encodeURIComponent(workspace)}/tools/${encodeURIComponent(tool)}`}>
            {tool}
          </Link>
        ))}
      </div>
    </article>
  );
}

function Faults({ of }: { of: Diagnostic[] }) {
  if (of.length === 0) return null;
  return (
    <ul className={style.faults}>
      {of.map((one, index) => (
        <li key={`${one.code} ${index}`}>
          <Badge tone={one.severity === "error" ? "bad" : "warn"}>{one.severity}</Badge> <strong>{one.code}</strong> {one.message}
          {one.help && <p>{one.help}</p>}
          {one.file && <code>{one.line ? `${one.file}:${one.line}` : one.file}</code>}
        </li>
      ))}
    </ul>
  );
}

function Judgement({ of: { items, configuration, operator_key, journal } }: { of: Known }) {
  const good = items.length === 0 && !configuration.tampered && !journal.damaged && !journal.read_only && journal.available && operator_key.replaced === "";
  return (
    <>
      {good && (
        <p className={style.good}>
          <CircleCheck size={16} aria-hidden /> It knows of nothing that is wrong.
        </p>
      )}
      <Faults of={items} />
      <Facts
        facts={[
          ["Configuration", configuration.tampered ? <Badge key="t" tone="bad">not the one that was accepted</Badge> : <code key="h">{configuration.hash.slice(0, 16)}…</code>],
          ["Mode", configuration.production ? "production" : "development"],
          ["Operator key", operator_key.replaced === "" ? <code key="o">{operator_key.thumbprint}</code> : <Badge key="o" tone="bad">replaced by {operator_key.replaced}</Badge>],
          ["Journal", journal.damaged ? <Badge key="j" tone="bad">damaged: {journal.what}</Badge> : !journal.available ? <Badge key="j" tone="bad">cannot be written</Badge> : journal.read_only ? <Badge key="j" tone="warn">read only</Badge> : <Badge key="j" tone="ok">whole</Badge>],
        ]}
      />
    </>
  );
}

function Connection({ id }: { id: string }) {
  const workspace = useWorkspace(id);
  const { local } = useWho();
  if (local !== undefined) return null;
  return (
    <Section name="Connection">
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
    </Section>
  );
}

function Said({ id }: { id: string }) {
  const said = useSaid(id);
  return (
    <Section name="What it said of itself">
      <Answer asked={said} what="What it said of itself">
        {(rows) =>
          rows.length === 0 ? (
            <p className={style.dim}>It has warned of nothing.</p>
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
    </Section>
  );
}

export default Packs;
