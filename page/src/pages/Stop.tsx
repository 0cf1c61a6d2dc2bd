// The stop button: for a tool, for somebody, or for everything; and letting it go on again, which is signed.
import { Alert, Autocomplete, Button, SegmentedControl } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { CirclePlay, CircleStop, OctagonX } from "lucide-react";
import { useState } from "react";
import { useAsked } from "../api/asked";
import { conductor, mayAct, told } from "../api/conductor";
import { useTools } from "../api/queries";
import { useWho } from "../api/session";
import { NoKey } from "../device/NoKey";
import { useHand } from "../device/hand";
import { Badge } from "../parts/Badge";
import { Dialog, focusOr } from "../parts/Dialog";
import { visible } from "../parts/odd";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Stop.module.css";

interface Order {
  /** all, tool/NAME or subject/SUBJECT. */
  target: string;
  reason: string;
  since: string;
}

// As a command names it.
function nameOf({ target }: Order): string {
  return target.replace(/^(tool|subject)\//, "");
}

const { api } = conductor;

function Stop({ id }: { id: string }) {
  const { role } = useWho();
  const kept = useQueryClient();
  const hand = useHand(id);
  const tools = useTools(id);
  const orders = useAsked<{ items: Order[] }>(id, "kernel:stop_list", {});
  const [what, setWhat] = useState("all");
  const [named, setNamed] = useState("");
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState<string>();
  const [outcome, setOutcome] = useState<{ good: boolean; text: string }>();
  const target = what === "all" ? "all" : named.trim();
  const may = mayAct(role, "operator");

  const send = async (target: string, resume: boolean) => {
    setBusy(target);
    setOutcome(undefined);
    try {
      const body = { target };
      const params = { path: { id } };
      const queued =
        resume && hand !== undefined
          ? await hand.resume(target)
          : await conductor.told(api.POST("/v2/workspaces/{id}/stop", { params, body }));
      const ended = await conductor.outcome(id, queued.command_id, AbortSignal.timeout(60_000));
      const error = ended.error ?? (ended.result as { error?: { message: string } } | undefined)?.error;
      if (ended.state !== "done" || error) throw new Error(error?.message ?? `it ended as ${ended.state}`);
      setOutcome({ good: true, text: resume ? `${target} goes on again.` : `${target === "all" ? "Everything" : target} is stopped.` });
      await kept.invalidateQueries({ queryKey: ["asked", id, "kernel:stop_list"] });
    } catch (error) {
      setOutcome({ good: false, text: told(error).message });
    } finally {
      setBusy(undefined);
      setSure(false);
      // What was pressed to let it go on is gone with it.
      if (resume) setTimeout(() => document.activeElement === document.body && focusOr(null), 100);
    }
  };

  return (
    <Page title="Stop" lead="What is stopped is refused from then on, and what runs is cancelled. It takes effect at once, without a signature; letting go on needs one.">
      <div className={style.columns}>
        <section className={`${style.card} lf-card`} aria-label="Stop something">
          <SegmentedControl fullWidth value={what} onChange={setWhat} aria-label="What to stop" data={[{ value: "all", label: "Everything" }, { value: "tool", label: "One tool" }, { value: "subject", label: "Somebody" }]} />
          {what === "tool" && <Autocomplete label="Tool" data={(tools.data ?? []).map((tool) => tool.name)} value={named} onChange={setNamed} placeholder="task:create" limit={30} />}
          {what === "subject" && <Autocomplete label="Subject" description="As it stands in events: a device, a turn, a routine, the conductor" data={[`${id}:conductor`]} value={named} onChange={setNamed} placeholder={`${id}:phone:…`} />}
          <button type="button" className={style.stop} disabled={!may || target === "" || busy !== undefined} onClick={() => setSure(true)}>
            <OctagonX size={44} aria-hidden />
            Stop {what === "all" ? `everything in ${id}` : visible(target) || "…"}
          </button>
          {!may && <Alert color="gray" title="You can look, and stop nothing" />}
          {outcome && (
            <Alert color={outcome.good ? "green" : "red"} role="status">
              {outcome.text}
            </Alert>
          )}
        </section>
        <section className={`${style.card} lf-card`} aria-label="What is stopped">
          <h2>What is stopped now</h2>
          <Answer asked={orders} what="What is stopped">
            {({ items }) =>
              items.length === 0 ? (
                <Empty icon={CirclePlay} title="Nothing is stopped" />
              ) : (
                <ul className={style.orders}>
                  {items.map((order) => (
                    <li key={order.target}>
                      <div>
                        <Badge tone="bad">stopped</Badge> <strong><Said text={nameOf(order)} /></strong>
                        <p>
                          <Ago at={order.since} />{order.reason ? <>: <Said text={order.reason} /></> : ""}
                        </p>
                      </div>
                      {hand && may && (
                        <Button size="xs" variant="default" leftSection={<CirclePlay size={14} />} loading={busy === nameOf(order)} onClick={() => void send(nameOf(order), true)}>
                          Sign, and let it go on
                        </Button>
                      )}
                    </li>
                  ))}
                </ul>
              )
            }
          </Answer>
          {(orders.data?.items.length ?? 0) > 0 && hand === undefined && <NoKey what="let anything go on" />}
        </section>
      </div>
      <Dialog opened={sure} onClose={() => setSure(false)} title={`Stop ${what === "all" ? "everything" : visible(target)}?`}>
        <p>
          {what === "all" ? `Every agent and every call in ${id} is refused until somebody with a key lets it go on.` : `${visible(target)} is refused in ${id} until somebody with a key lets it go on.`}
        </p>
        <div className={style.buttons}>
          <Button color="red" leftSection={<CircleStop size={16} />} loading={busy !== undefined} onClick={() => void send(target, false)} data-autofocus>
            Stop {what === "all" ? "everything" : visible(target)}
          </Button>
          <Button variant="default" onClick={() => setSure(false)}>
            Do not
          </Button>
        </div>
      </Dialog>
    </Page>
  );
}

export default Stop;
