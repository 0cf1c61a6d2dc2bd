// What is known of one call: what the workspace's journal has, and what came of it here.
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Receipt as Icon } from "lucide-react";
import { Link } from "wouter";
import { useAsked } from "../api/asked";
import { conductor, type Schemas } from "../api/conductor";
import { rowOf } from "../live/timeline";
import { State } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Clock, Moment } from "../parts/Time";
import { Proven } from "./Audit";
import style from "./Turns.module.css";

const { api } = conductor;

interface Call {
  receipt_id: string;
  status: string;
  requested?: { tool?: string; subject?: string; ts?: string; on_behalf_of?: string; surface?: string };
  finished?: { outcome?: string; ts?: string };
  input?: unknown;
  result?: unknown;
  entries?: unknown[];
}

function Receipt({ id, receipt }: { id: string; receipt: string }) {
  const base = `/w/${encodeURIComponent(id)}`;
  const here = useQuery({
    queryKey: ["receipt", id, receipt],
    queryFn: async () => {
      const [commands, { size }] = await Promise.all([
        conductor.told(api.GET("/v2/workspaces/{id}/commands", { params: { path: { id }, query: { limit: 500 } } })),
        conductor.told(api.GET("/v2/head")),
      ]);
      const events = (await conductor.told(api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { after: Math.max(0, size - 5000), limit: 1000 } } }))) as Schemas["EventPage"];
      return { command: commands.items.find((one) => one.receipt_id === receipt), rows: events.items.map(rowOf).filter((row) => row.text.includes(receipt.toLowerCase())) };
    },
  });
  const there = useAsked<Call>(id, "kernel:call_show", { receipt_id: receipt });
  return (
    <Page title={receipt} lead={<Link href={`${base}/audit`} className={style.back}><ArrowLeft size={15} aria-hidden /> Audit</Link>}>
      <div className={style.columns}>
        <section className={`${style.card} lf-card`} aria-label="In the workspace">
          <h2>In the workspace's journal</h2>
          <Answer asked={there} what="The call">
            {(call) => (
              <>
                <Facts
                  facts={[
                    ["Tool", call.requested?.tool && <code>{call.requested.tool}</code>],
                    ["Status", <State key="s" of={call.finished?.outcome ?? call.status} />],
                    ["Asked by", call.requested?.subject],
                    ["On behalf of", call.requested?.on_behalf_of],
                    ["Over", call.requested?.surface],
                    ["Asked", call.requested?.ts && <Moment at={call.requested.ts} />],
                    ["Ended", call.finished?.ts && <Moment at={call.finished.ts} />],
                  ]}
                />
                <Json value={call} label="What the workspace has of it" />
              </>
            )}
          </Answer>
        </section>
        <section className={`${style.card} lf-card`} aria-label="At this conductor">
          <h2>At this conductor</h2>
          <Answer asked={here} what="The receipt">
            {({ command, rows }) => (
              <>
                {command && (
                  <Facts
                    facts={[
                      ["Command", command.command_id],
                      ["State", <State key="s" of={command.state} />],
                      ["By", command.on_behalf_of ?? command.from],
                      ["Asked", <Moment key="a" at={command.created_at} />],
                    ]}
                  />
                )}
                {rows.length === 0 && !command && (
                  <Empty icon={Icon} title="Nothing came here">
                    Of the newest events none tells of it.
                  </Empty>
                )}
                <ol className={style.steps}>
                  {rows.map((row) => (
                    <li key={row.id}>
                      <span className={style.time}>
                        <Clock at={row.at} ms />
                      </span>
                      <span>
                        <strong>{row.kind}</strong>
                      </span>
                    </li>
                  ))}
                </ol>
                {rows.at(-1) && <Proven position={rows.at(-1)?.id ?? 0} />}
              </>
            )}
          </Answer>
        </section>
      </div>
    </Page>
  );
}

export default Receipt;
