// What waits for a person: exactly what the digest covers, one by one or several at once, with the keyboard.
import { Alert, Button, Checkbox, Kbd, Modal, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Check, CircleCheck, Keyboard, ListChecks, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { mayAct, type Schemas } from "../api/conductor";
import { useFleet, usePendingApprovals } from "../api/queries";
import { useWho } from "../api/session";
import { Covered } from "../device/Covered";
import { type Hand, useHands, type Verdict } from "../device/hand";
import { NoKey } from "../device/NoKey";
import { Badge } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { Page } from "../parts/Page";
import { Refused } from "../parts/Refused";
import { Answer, Empty } from "../parts/states";
import { Ago, Moment } from "../parts/Time";
import style from "./Approvals.module.css";

type Approval = Schemas["Approval"];

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
  const signable = useCallback((one: Approval) => may && hands.has(one.workspace_id), [may, hands]);

  const toggle = useCallback((one: Approval) => {
    setPicked((before) => {
      const now = new Set(before);
      if (!now.delete(one.approval_id)) now.add(one.approval_id);
      return now;
    });
  }, []);
  const batch = waiting.filter((one) => picked.has(one.approval_id));
  const subject = batch.length > 0 ? batch : chosen ? [chosen] : [];
  const decide = useCallback((verdict: Verdict, approvals: Approval[]) => approvals.length > 0 && approvals.every(signable) && setDeciding({ verdict, approvals }), [signable]);

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
  }, [waiting, chosen, subject, deciding, decide, toggle, go]);

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
              <Button size="xs" color="green" disabled={!batch.every(signable)} onClick={() => decide("approve", batch)}>
                Approve {batch.length}…
              </Button>
              <Button size="xs" color="red" variant="light" disabled={!batch.every(signable)} onClick={() => decide("deny", batch)}>
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
                    <Checkbox aria-label={`Choose ${one.tool_name} of ${one.workspace_id}`} checked={picked.has(one.approval_id)} onChange={() => toggle(one)} />
                    <Link href={`/approvals/${encodeURIComponent(one.approval_id)}`} aria-current={one === chosen ? "true" : undefined}>
                      <strong>{one.tool_name}</strong>
                      <span>
                        {one.workspace_id} · <Ago at={one.requested_at} />
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
              <section className={style.detail} aria-label="Approval">
                <Link href="/approvals" className={style.back}>
                  <ArrowLeft size={15} aria-hidden /> All that wait
                </Link>
                {chosen ? (
                  <Detail key={chosen.approval_id} approval={chosen} hand={hands.get(chosen.workspace_id)} may={may} decide={(verdict) => decide(verdict, [chosen])} />
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
          close={() => setDeciding(undefined)}
          done={(ended) => {
            setDecided((before) => new Set([...before, ...ended]));
            setPicked(new Set());
            if (ended.includes(id ?? "")) go("/approvals");
          }}
        />
      )}
      <Modal opened={helped} onClose={() => setHelped(false)} title="With the keyboard">
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
      </Modal>
    </Page>
  );
}

interface Shown {
  input?: unknown;
  subject?: string;
  rules?: { rule?: string }[];
  approvals?: number;
}

function What({ approval }: { approval: Approval }) {
  const shown = approval.preview as Shown;
  return (
    <>
      <Facts
        facts={[
          ["Tool", <code key="t">{approval.tool_name}</code>],
          ["Workspace", approval.workspace_id],
          ["Asked by", <code key="s">{approval.requested_by}</code>],
          ["Asked", <Ago key="a" at={approval.requested_at} />],
          ["Over", <span key="o"><Ago at={approval.expires_at} /> (<Moment at={approval.expires_at} />), and then it is denied</span>],
          ["Because of", (shown.rules ?? []).map((one) => one.rule).filter(Boolean).join(", ") || approval.surface],
          ["Needs", (shown.approvals ?? 1) > 1 ? `${shown.approvals} approvals` : undefined],
        ]}
      />
      <h3>Its input</h3>
      <Json value={shown.input ?? {}} label="The input of the call" />
    </>
  );
}

function Detail({ approval, hand, may, decide }: { approval: Approval; hand: Hand | undefined; may: boolean; decide: (verdict: Verdict) => void }) {
  return (
    <article className={`${style.card} lf-card`}>
      <header>
        <h2>{approval.tool_name}</h2>
        <Badge tone="warn">waits</Badge>
      </header>
      <What approval={approval} />
      <Covered shown={approval.preview} digest={approval.call_digest} command={`lumenflow approvals show ${approval.approval_id}`} />
      <details>
        <summary>Everything that the digest covers</summary>
        <Json value={approval.preview} label="What the digest covers" />
        <Facts facts={[["Digest", <code key="d">{approval.call_digest}</code>], ["Receipt", <Link key="r" href={`/w/${encodeURIComponent(approval.workspace_id)}/audit/${encodeURIComponent(approval.receipt_id)}`}>{approval.receipt_id}</Link>]]} />
      </details>
      {!may ? (
        <Alert color="gray" title="You can look, and decide nothing">Your role here is viewer.</Alert>
      ) : hand === undefined ? (
        <NoKey what="approve or deny" />
      ) : (
        <div className={style.buttons}>
          <Button color="green" leftSection={<Check size={16} />} onClick={() => decide("approve")}>
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

interface DecidingProps {
  verdict: Verdict;
  approvals: Approval[];
  hands: Map<string, Hand>;
  close: () => void;
  done: (ids: string[]) => void;
}

function Deciding({ verdict, approvals, hands, close, done }: DecidingProps) {
  const kept = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ id: string; error: unknown }[]>([]);
  const [left, setLeft] = useState(approvals);
  const button = useRef<HTMLButtonElement>(null);
  const verb = verdict === "approve" ? "Approve" : "Deny";
  const sign = async () => {
    setBusy(true);
    const ended: string[] = [];
    const faults: { id: string; error: unknown }[] = [];
    for (const approval of left) {
      const hand = hands.get(approval.workspace_id);
      if (hand === undefined) continue;
      try {
        await hand.decide(approval, verdict, reason.trim());
        ended.push(approval.approval_id);
      } catch (error) {
        faults.push({ id: approval.approval_id, error });
      }
    }
    done(ended);
    setFailed(faults);
    setLeft(left.filter((one) => !ended.includes(one.approval_id)));
    setBusy(false);
    await kept.invalidateQueries({ queryKey: ["pending"] });
    if (faults.length === 0) close();
  };
  return (
    <Modal opened onClose={close} size="lg" title={`${verb} ${left.length === 1 ? "this call" : `these ${left.length} calls`}`}>
      <div className={style.batch}>
        {left.map((approval) => (
          <div key={approval.approval_id} className={style.one}>
            <strong>{approval.tool_name}</strong> <span className={style.as}>in {approval.workspace_id}, asked by {approval.requested_by}</span>
            <Json value={(approval.preview as Shown).input ?? {}} label={`The input of ${approval.tool_name}`} />
            {failed.filter((one) => one.id === approval.approval_id).map((one) => (
              <Refused key={one.id} error={one.error} />
            ))}
          </div>
        ))}
      </div>
      <Textarea label={verdict === "deny" ? "Why" : "Why (if you like)"} description="It is signed, too, and stays in the record." autosize minRows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={500} mt="md" data-autofocus />
      <div className={style.buttons}>
        <Button ref={button} color={verdict === "approve" ? "green" : "red"} loading={busy} onClick={() => void sign()}>
          Sign and {verb.toLowerCase()}
        </Button>
        <Button variant="default" onClick={close} disabled={busy}>
          Not now
        </Button>
      </div>
    </Modal>
  );
}

export default Approvals;
