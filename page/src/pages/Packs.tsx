// What a workspace is made of, what was refused and why, and what it says is wrong with itself.
import { Alert, Button } from "@mantine/core";
import { Boxes, CircleCheck, TriangleAlert } from "lucide-react";
import { Link } from "wouter";
import { useAsked } from "../api/asked";
import { useWorkspace } from "../api/queries";
import { Badge, State } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Packs.module.css";

interface Diagnostic {
  code: string;
  name?: string;
  severity?: string;
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

interface Answered {
  packs: Pack[];
  diagnostics: Diagnostic[];
  configuration: { hash: string; production: boolean; tampered: boolean };
  journal: { damaged: boolean; what: string; available: boolean };
}

function Faults({ faults }: { faults: Diagnostic[] }) {
  return (
    <ul className={style.faults}>
      {faults.map((fault, index) => (
        <li key={`${fault.code} ${index}`}>
          <Badge tone={fault.severity === "warning" ? "warn" : "bad"}>{fault.code}</Badge> {fault.message}
          {fault.file && (
            <code>
              {fault.file}
              {fault.line ? `:${fault.line}` : ""}
            </code>
          )}
          {fault.help && <p>{fault.help}</p>}
        </li>
      ))}
    </ul>
  );
}

function Packs({ id }: { id: string }) {
  const workspace = useWorkspace(id);
  const asked = useAsked<Answered>(id, "kernel:pack_list", {});
  return (
    <Page
      title="Packs and diagnostics"
      lead="What this workspace is made of, as it says itself."
      actions={
        <Button size="xs" variant="default" onClick={() => void asked.refetch()} loading={asked.isFetching}>
          Ask the workspace again
        </Button>
      }
    >
      <div className={style.columns}>
        <div>
          <Answer asked={asked} what="The packs">
            {({ packs }) =>
              packs.length === 0 ? (
                <div className="lf-card">
                  <Empty icon={Boxes} title="No pack">
                    Packs bring the tools: <code>lumenflow pack add DIR</code>
                  </Empty>
                </div>
              ) : (
                <div className={style.cards}>
                  {packs.map((pack) => (
                    <article key={`${pack.id} ${pack.status}`} className={`${style.card} lf-card`}>
                      <header>
                        <h2>{pack.title ?? pack.id}</h2>
                        <State of={pack.status} />
                      </header>
                      <Facts facts={[["Pack", <span key="p"><code>{pack.id}</code> {pack.version}</span>], ["From", pack.source], ["Integrity", pack.integrity && <code key="i">{pack.integrity}</code>]]} />
                      {pack.tools && (
                        <div className={style.tools}>
                          {pack.tools.map((tool) => (
                            <Link key={tool} href={`/w/${encodeURIComponent(id)}/tools/${encodeURIComponent(tool)}`}>
                              {tool}
                            </Link>
                          ))}
                        </div>
                      )}
                      {(pack.diagnostics ?? []).length > 0 && <Faults faults={pack.diagnostics ?? []} />}
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
            <Answer asked={asked} what="The diagnostics">
              {({ diagnostics, configuration, journal }) => (
                <>
                  {configuration.tampered && (
                    <Alert color="red" icon={<TriangleAlert size={18} />} title="lumenflow.yaml was changed since it was loaded">
                      Calls are refused until its operator reloads it.
                    </Alert>
                  )}
                  {journal.damaged && (
                    <Alert color="red" icon={<TriangleAlert size={18} />} title="The journal is damaged">
                      {journal.what}
                    </Alert>
                  )}
                  {diagnostics.length > 0 ? (
                    <Faults faults={diagnostics} />
                  ) : (
                    !configuration.tampered && !journal.damaged && (
                      <p className={style.good}>
                        <CircleCheck size={16} aria-hidden /> Nothing is wrong.
                      </p>
                    )
                  )}
                  <Facts facts={[["Configuration", <code key="h">{configuration.hash}</code>], ["Mode", configuration.production ? "production" : "development"]]} />
                </>
              )}
            </Answer>
          </section>
        </div>
      </div>
    </Page>
  );
}

export default Packs;
