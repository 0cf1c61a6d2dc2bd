// What waits for a person: exactly what the digest covers, one by one or several at once, with the keyboard.
import { Alert, Button, Checkbox, Kbd } from "@mantine/core";
import { ArrowLeft, Check, CircleCheck, Keyboard, ListChecks, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { mayAct, type Schemas } from "../api/conductor";
import { write } from "../api/exact";
import { useFleet, usePendingApprovals } from "../api/queries";
import { useWho } from "../api/session";
import { Covered } from "../device/Covered";
import { type Examined, examine, statementOf } from "../device/examine";
import { type Hand, useHands, type Verdict } from "../device/hand";
import { NoKey } from "../device/NoKey";
import { useExamined } from "../device/examined";
import { Badge } from "../parts/Badge";
import { Dialog } from "../parts/Dialog";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { Page } from "../parts/Page";
import { visible } from "../parts/odd";
import { Said } from "../parts/Said";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import { Deciding } from "./approvals/Deciding";
import { What } from "./approvals/What";
import style from "./Approvals.module.css";

type Approval = Schemas["Approval"];

// What tells one from another in the list: how its input begins.
function brief(approval: Approval): string {
  const text = visible(write(statementOf(approval).input) ?? "");
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function Approvals({ id }: { id: string | undefined }) {
  const [, go] = useLocation();
  const fleet = useFleet();
  const ids = (fleet.data ?? []).filter((one) => one.state === "active").map((one) => one.workspace_id);
  const asked = usePendingApprovals(ids);
  const hands = useHands();
  const { role } = useWho();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [deciding, setDeciding] = useState<{ verdict: Verdict; approvals: Approval[] }>();
  const [helped, setHelped] = useState(false);
  // What has just been decided is gone from here, before the workspace has said so.
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const waiting = useMemo(() => (asked.data ?? []).filter((one) => !decided.has(one.approval_id)), [asked.data, decided]);
  const chosen = waiting.find((one) => one.approval_id === id) ?? (id === undefined ? waiting[0] : undefined);
  const may = mayAct(role, "operator");
  const examined = useExamined(waiting, examine);
  const still = useMemo(() => new Set(waiting.map((one) => one.approval_id)), [waiting]);
  // Denying is always possible; approving only what is shown as it would be signed.
  const signable = (one: Approval, verdict: Verdict) => may && hands.has(one.workspace_id) && (verdict === "deny" || examined(one)?.holds === true);

  const toggle = useCallback((one: Approval) => {
    setPicked((before) => {
      const now = new Set(before);
      if (!now.delete(one.approval_id)) now.add(one.approval_id);
      return now;
    });
  }, []);
  const batch = waiting.filter((one) => picked.has(one.approval_id));
  const subject = batch.length > 0 ? batch : chosen ? [chosen] : [];
  const decide = (verdict: Verdict, approvals: Approval[]) => approvals.length > 0 && approvals.every((one) => signable(one, verdict)) && setDeciding({ verdict, approvals });

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (deciding || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      const at = waiting.findIndex((one) => one === chosen);
      const to = (index: number) => {
        const next = waiting[Math.max(0, Math.min(waiting.length - 1, index))];
        if (next) go(`/approvals/${encodeURIComponent(next.approval_id)}`);
      };
      if (event.key === "j" || event.key === "ArrowDown") to(at + 1);
      else if (event.key === "k" || event.key === "ArrowUp") to(at - 1);
      else if (event.key === "x" && chosen) toggle(chosen);
      else if (event.key === "a") decide("approve", subject);
      else if (event.key === "d") decide("deny", subject);
      else if (event.key === "?") setHelped(true);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });

  const ready = { ...asked, data: fleet.data && ids.length === 0 ? [] : asked.data, refetch: () => void Promise.all([fleet.refetch(), asked.refetch()]), isError: asked.isError || (fleet.isError && !fleet.data), error: asked.error ?? fleet.error };
  return (
    <Page
      title="Approvals"
      lead={waiting.length === 0 ? "Calls that wait for a person." : `${waiting.length} ${waiting.length === 1 ? "call waits" : "calls wait"} for a person.`}
      actions={
        <>
          {batch.length > 0 && (
            <>
              <span className={style.count}>{batch.length} chosen</span>
              <Button size="xs" color="green" disabled={!batch.every((one) => signable(one, "approve"))} onClick={() => decide("approve", batch)}>
                Approve {batch.length}…
              </Button>
              <Button size="xs" color="red" variant="light" disabled={!batch.every((one) => signable(one, "deny"))} onClick={() => decide("deny", batch)}>
                Deny {batch.length}…
              </Button>
            </>
          )}
          <Button size="xs" variant="default" leftSection={<Keyboard size={14} />} onClick={() => setHelped(true)}>
            Keys
          </Button>
        </>
      }
    >
      <Answer asked={ready} what="The approvals">
        {() =>
          waiting.length === 0 && chosen === undefined ? (
            <div className="lf-card">
              <Empty icon={CircleCheck} title={id === undefined ? "Nothing waits for you" : "This one waits no more"}>
                {id === undefined ? "What a policy or a tool holds back until a person agrees appears here." : "It was decided, or its time is over. The timeline of its workspace tells which."}
              </Empty>
            </div>
          ) : (
            <div className={style.split} data-chosen={id !== undefined}>
              <ul className={`${style.list} lf-card`} aria-label="Waiting">
                {waiting.map((one) => (
                  <li key={one.approval_id} className={style.entry} data-here={one === chosen}>
                    <Checkbox aria-label={`Choose ${visible(statementOf(one).tool)} of ${visible(one.workspace_id)}`} checked={picked.has(one.approval_id)} onChange={() => toggle(one)} />
                    <Link href={`/approvals/${encodeURIComponent(one.approval_id)}`} aria-current={one === chosen ? "true" : undefined}>
                      <strong>
                        <Said text={statementOf(one).tool} />
                      </strong>
                      <span>
                        <Said text={one.workspace_id} /> · <Ago at={one.requested_at} />
                      </span>
                      <span className={style.brief}>{brief(one)}</span>
                      {examined(one)?.holds === false && <Badge tone="bad">not what is signed</Badge>}
                    </Link>
                  </li>
                ))}
              </ul>
              <section className={style.detail} aria-label="Approval">
                <Link href="/approvals" className={style.back}>
                  <ArrowLeft size={15} aria-hidden /> All that wait
                </Link>
                {chosen ? (
                  <Detail key={chosen.approval_id} approval={chosen} examined={examined(chosen)} hand={hands.get(chosen.workspace_id)} may={may} decide={(verdict) => decide(verdict, [chosen])} />
                ) : (
                  <div className="lf-card">
                    <Empty icon={ListChecks} title="This one waits no more" />
                  </div>
                )}
              </section>
            </div>
          )
        }
      </Answer>
      {deciding && (
        <Deciding
          {...deciding}
          hands={hands}
          examined={examined}
          waits={still}
          close={() => setDeciding(undefined)}
          done={(ended) => {
            setDecided((before) => new Set([...before, ...ended]));
            setPicked(new Set());
            if (ended.includes(id ?? "")) go("/approvals");
          }}
        />
      )}
      <Dialog opened={helped} onClose={() => setHelped(false)} title="With the keyboard">
        <dl className={style.keys}>
          {[["j", "the next"], ["k", "the one before"], ["x", "choose it, for several at once"], ["a", "approve…"], ["d", "deny…"], ["?", "this"]].map(([key, what]) => (
            <div key={key}>
              <dt>
                <Kbd>{key}</Kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </Page>
  );
}

function Detail({ approval, examined, hand, may, decide }: { approval: Approval; examined: Examined | undefined; hand: Hand | undefined; may: boolean; decide: (verdict: Verdict) => void }) {
  return (
    <article className={`${style.card} lf-card`}>
      <header>
        <h2>
          <Said text={statementOf(approval).tool} />
        </h2>
        <Badge tone="warn">waits</Badge>
      </header>
      <What approval={approval} />
      <Covered examined={examined} refused="This cannot be approved here" command={`lumenflow approvals show ${approval.approval_id}`} />
      <details>
        <summary>Everything that the digest covers</summary>
        <Json value={approval.preview} label="What the digest covers" />
        <Facts facts={[["Digest", <code key="d">{approval.call_digest}</code>]]} />
      </details>
      <details>
        <summary>What stands beside it, and is not signed</summary>
        <Facts facts={[["Asked", <Ago key="a" at={approval.requested_at} />], ["Receipt", <Link key="r" href={`/w/${encodeURIComponent(approval.workspace_id)}/audit/${encodeURIComponent(approval.receipt_id)}`}>{visible(approval.receipt_id)}</Link>]]} />
      </details>
      {!may ? (
        <Alert color="gray" title="You can look, and decide nothing">Your role here is viewer.</Alert>
      ) : hand === undefined ? (
        <NoKey what="approve or deny" />
      ) : (
        <div className={style.buttons}>
          <Button color="green" leftSection={<Check size={16} />} disabled={examined?.holds !== true} onClick={() => decide("approve")}>
            Approve…
          </Button>
          <Button color="red" variant="light" leftSection={<X size={16} />} onClick={() => decide("deny")}>
            Deny…
          </Button>
          <span className={style.as}>signed by {hand.name}</span>
        </div>
      )}
    </article>
  );
}

export default Approvals;
