// The turns of a workspace's agents, and one of them with its steps.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, MessagesSquare } from "lucide-react";
import { Link } from "wouter";
import { conductor, type Schemas } from "../api/conductor";
import { summary, toneOfEvent } from "../live/words";
import { rowOf } from "../live/timeline";
import { Badge, State } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago, Clock, Moment } from "../parts/Time";
import style from "./Turns.module.css";

type Turn = Schemas["Turn"];
const { api } = conductor;

function useTurns(id: string) {
  return useQuery({
    queryKey: ["turns", id],
    queryFn: () => conductor.told(api.GET("/v2/workspaces/{id}/turns", { params: { path: { id }, query: { limit: 200 } } })),
    refetchInterval: 3_000,
  });
}

function lasted(turn: Turn): string | undefined {
  if (!turn.started_at || !turn.ended_at) return undefined;
  const ms = Date.parse(turn.ended_at) - Date.parse(turn.started_at);
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function Turns({ id, turn }: { id: string; turn: string | undefined }) {
  const turns = useTurns(id);
  if (turn !== undefined) return <One id={id} turn={turn} turns={turns} />;
  return (
    <Page title="Turns" lead="What agents were asked here, and what came of it.">
      <Answer asked={turns} what="The turns">
        {({ items }) =>
          items.length === 0 ? (
            <div className="lf-card">
              <Empty icon={MessagesSquare} title="No agent has taken a turn yet" action={<Button component={Link} href={`/w/${encodeURIComponent(id)}/tools/${encodeURIComponent("agent:execute-turn")}`} variant="light">Ask an agent</Button>}>
                A turn is one goal, worked on under this workspace's scopes and policies.
              </Empty>
            </div>
          ) : (
            <ul className={`${style.list} lf-card`}>
              {items.map((one) => (
                <li key={one.turn_id}>
                  <Link href={`/w/${encodeURIComponent(id)}/turns/${encodeURIComponent(one.turn_id)}`}>
                    <span className={style.goal}>{one.goal ?? one.turn_id}</span>
                    <span className={style.meta}>
                      <State of={one.state} />
                      <span>{one.tool_calls?.length === 1 ? "1 call" : `${one.tool_calls?.length ?? 0} calls`}</span>
                      {one.model && <span>{one.model}</span>}
                      <Ago at={one.started_at} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}

function One({ id, turn, turns }: { id: string; turn: string; turns: ReturnType<typeof useTurns> }) {
  const base = `/w/${encodeURIComponent(id)}`;
  const found = turns.data?.items.find((one) => one.turn_id === turn);
  return (
    <Page title={found?.goal ?? "Turn"} lead={<Link href={`${base}/turns`} className={style.back}><ArrowLeft size={15} aria-hidden /> All turns</Link>}>
      <Answer asked={turns} what="The turn">
        {() =>
          found === undefined ? (
            <div className="lf-card">
              <Empty icon={MessagesSquare} title="There is no such turn">
                It may be older than the two hundred that are listed.
              </Empty>
            </div>
          ) : (
            <div className={style.columns}>
              <section className={`${style.card} lf-card`} aria-label="The turn">
                <Facts
                  facts={[
                    ["State", <State key="s" of={found.state} />],
                    ["Ended with", found.status && <State of={found.status} />],
                    ["Model", found.model],
                    ["Began", found.started_at && <Moment at={found.started_at} />],
                    ["Took", lasted(found)],
                    ["Tokens", found.usage?.total_tokens?.toLocaleString()],
                    ["Aborted", found.reason],
                    ["Left behind", found.cleanup_status && <State of={found.cleanup_status} />],
                    ["To do", found.recovery_action],
                    ["Session", found.session_id],
                    ["Turn", found.turn_id],
                  ]}
                />
                <h2>Calls</h2>
                {(found.tool_calls ?? []).length === 0 ? (
                  <p className={style.none}>{found.state === "running" ? "None is over yet." : "It called no tool."}</p>
                ) : (
                  <ol className={style.calls}>
                    {(found.tool_calls ?? []).map((call) => (
                      <li key={call.receipt_id}>
                        <span>
                          <strong>{call.tool}</strong> <State of={call.outcome} />
                        </span>
                        <Link href={`${base}/audit/${encodeURIComponent(call.receipt_id)}`} className="lf-mono">
                          {call.receipt_id}
                        </Link>
                      </li>
                    ))}
                  </ol>
                )}
              </section>
              <Steps id={id} turn={found} />
            </div>
          )
        }
      </Answer>
    </Page>
  );
}

// Everything of the turn: what names it, and what the calls of it emitted on the way.
function Steps({ id, turn }: { id: string; turn: Turn }) {
  const steps = useQuery({
    queryKey: ["steps", id, turn.turn_id, turn.state],
    queryFn: async () => {
      const page = (await conductor.told(api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { after: Math.max(0, turn.position - 1), limit: 500 } } }))) as Schemas["EventPage"];
      const until = turn.ended_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(turn.ended_at);
      return page.items.map(rowOf).filter((row) => row.at !== "" && Date.parse(row.at) <= until);
    },
    ...(turn.state === "running" ? { refetchInterval: 2_000 } : {}),
  });
  return (
    <section className={`${style.card} lf-card`} aria-label="Steps">
      <h2>What happened meanwhile</h2>
      <Answer asked={steps} what="The steps">
        {(rows) => (
          <ol className={style.steps}>
            {rows.map((row) => (
              <li key={row.id} data-tone={toneOfEvent(row)} data-own={row.text.includes(turn.turn_id.toLowerCase())}>
                <span className={style.time}>
                  <Clock at={row.at} ms />
                </span>
                <span>
                  <strong>{row.kind}</strong> {row.text.includes(turn.turn_id.toLowerCase()) && <Badge tone="info">this turn</Badge>}
                  <br />
                  <span className={style.none}>{summary(row)}</span>
                </span>
              </li>
            ))}
          </ol>
        )}
      </Answer>
    </section>
  );
}

export default Turns;
