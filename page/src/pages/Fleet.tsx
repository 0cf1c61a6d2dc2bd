import { Button, TextInput } from "@mantine/core";
import { Activity, ListChecks, Search, Server } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import type { Schemas } from "../api/conductor";
import { useActivity } from "../api/activity";
import { useFleet, usePendingApprovals } from "../api/queries";
import { Badge, type Tone } from "../parts/Badge";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Fleet.module.css";

const Chart = lazy(() => import("../parts/Chart"));

type Workspace = Schemas["Workspace"];
const charted = 12; // of a large fleet the first ones: each is read event by event

function standing(workspace: Workspace): { tone: Tone; word: string } {
  if (workspace.state === "revoked") return { tone: "bad", word: "Revoked" };
  if (workspace.connected) return { tone: "ok", word: "Connected" };
  return workspace.last_seen ? { tone: "warn", word: "Silent" } : { tone: "quiet", word: "Not heard yet" };
}

function Card({ workspace, waiting, chart }: { workspace: Workspace; waiting: number; chart: boolean }) {
  const activity = useActivity(workspace.workspace_id, chart && workspace.state === "active");
  const { tone, word } = standing(workspace);
  const lag = Number((workspace.lag as { events?: unknown } | undefined)?.events ?? workspace.lag ?? 0);
  const base = `/w/${encodeURIComponent(workspace.workspace_id)}`;
  return (
    <article className={`${style.card} lf-card`}>
      <header>
        <Link href={base} className={style.name}>
          {workspace.workspace_id}
        </Link>
        <Badge tone={tone} dot>
          {word}
        </Badge>
      </header>
      <dl>
        <div>
          <dt>Heard</dt>
          <dd>
            <Ago at={workspace.last_seen} />
          </dd>
        </div>
        <div>
          <dt>Enrolled</dt>
          <dd>
            <Ago at={workspace.enrolled_at} />
          </dd>
        </div>
        <div>
          <dt>Behind</dt>
          <dd>{Number.isFinite(lag) && lag > 0 ? `${lag} events` : "nothing"}</dd>
        </div>
        <div>
          <dt>May do there</dt>
          <dd className={style.scopes}>{workspace.scopes.join(" ") || "nothing"}</dd>
        </div>
      </dl>
      {activity.data && (
        <Suspense fallback={null}>
          <Chart of={activity.data} height={44} />
        </Suspense>
      )}
      <footer>
        <Link href={base} className={style.link}>
          <Activity size={15} aria-hidden /> Timeline
        </Link>
        {waiting > 0 && (
          <Link href="/approvals" className={style.waiting}>
            <ListChecks size={15} aria-hidden /> {waiting} {waiting === 1 ? "approval waits" : "approvals wait"}
          </Link>
        )}
      </footer>
    </article>
  );
}

function Fleet() {
  const fleet = useFleet();
  const ids = (fleet.data ?? []).filter((one) => one.state === "active").map((one) => one.workspace_id);
  const pending = usePendingApprovals(ids);
  const [wanted, setWanted] = useState("");
  const waiting = (id: string) => (pending.data ?? []).filter((one) => one.workspace_id === id).length;
  return (
    <Page title="Fleet" lead="Every workspace that is enrolled here.">
      <Answer asked={fleet} what="The fleet">
        {(workspaces) => {
          if (workspaces.length === 0) {
            return (
              <div className="lf-card">
                <Empty icon={Server} title="No workspace is enrolled yet" action={<Button component={Link} href="/settings" variant="light">Make a ticket</Button>}>
                  A ticket lets one workspace in: <code>lumenflow enroll --conductor {location.origin} --ticket CODE</code>
                </Empty>
              </div>
            );
          }
          const connected = workspaces.filter((one) => one.connected).length;
          const shown = workspaces.filter((one) => one.workspace_id.toLowerCase().includes(wanted.trim().toLowerCase()));
          return (
            <>
              <section className={style.figures} aria-label="At a glance">
                <Figure value={workspaces.length} name={workspaces.length === 1 ? "workspace" : "workspaces"} />
                <Figure value={connected} name="connected" />
                <Figure value={workspaces.length - connected} name="silent" warn={workspaces.length > connected} />
                <Figure value={pending.data?.length ?? 0} name="approvals wait" warn={(pending.data?.length ?? 0) > 0} />
              </section>
              {workspaces.length > 6 && (
                <TextInput aria-label="Find a workspace" placeholder="Find a workspace" leftSection={<Search size={15} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} mb="md" maw={320} />
              )}
              <div className={style.grid}>
                {shown.map((one, index) => (
                  <Card key={one.workspace_id} workspace={one} waiting={waiting(one.workspace_id)} chart={index < charted} />
                ))}
              </div>
              {shown.length === 0 && <Empty icon={Search} title="No workspace has such a name" />}
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

function Figure({ value, name, warn = false }: { value: number; name: string; warn?: boolean }) {
  return (
    <div className={`${style.figure} lf-card`} data-warn={warn}>
      <strong>{value}</strong>
      <span>{name}</span>
    </div>
  );
}

export default Fleet;
