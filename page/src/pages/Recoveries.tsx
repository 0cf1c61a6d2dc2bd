// What calls left behind, word for word, and the consent to what repairs it: read, then sign. Nothing here repairs by itself.
import { Alert, Button, Checkbox, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { LifeBuoy, PenLine } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { useAsked } from "../api/asked";
import { mayAct } from "../api/conductor";
import { useWho } from "../api/session";
import { Covered } from "../device/Covered";
import { examineRecovery, type Recovery } from "../device/examine";
import { useHand } from "../device/hand";
import { Revoked } from "../device/Revoked";
import { settled } from "../device/settled";
import { heard, useRevoked } from "../device/standing";
import { useSigner } from "../device/store";
import { NoKey } from "../device/NoKey";
import { useExamined } from "../device/examined";
import { State } from "../parts/Badge";
import { Dialog } from "../parts/Dialog";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { isBlank, visible } from "../parts/odd";
import { Page } from "../parts/Page";
import { Refused } from "../parts/Refused";
import { Said } from "../parts/Said";
import { Answer, Empty } from "../parts/states";
import { Moment } from "../parts/Time";
import style from "./Recoveries.module.css";

function Recoveries({ id }: { id: string }) {
  // Asked again while somebody is about to consent: others may, too.
  const [consenting, setConsenting] = useState<Recovery>();
  const asked = useAsked<{ items: Recovery[] }>(id, "kernel:recovery_list", { state: "all" }, { again: consenting === undefined ? false : 3_000 });
  const now = asked.data?.items.find((one) => one.recovery_id === consenting?.recovery_id);
  return (
    <Page
      title="Recoveries"
      lead="What calls left half done, as the workspace itself says. What repairs is a call like any other, and only a signed consent makes it."
      actions={
        <Button size="xs" variant="default" onClick={() => void asked.refetch()} loading={asked.isFetching}>
          Ask the workspace again
        </Button>
      }
    >
      <Answer asked={asked} what="The recoveries">
        {({ items }) => {
          const open = items.filter((one) => one.state === "open");
          const past = items.filter((one) => one.state !== "open");
          return (
            <>
              {open.length === 0 && (
                <div className="lf-card">
                  <Empty icon={LifeBuoy} title="Nothing was left half done">
                    A call that breaks off in the middle, and what its pack proposes to do about it, appears here.
                  </Empty>
                </div>
              )}
              <div className={style.cards}>
                {open.map((one) => (
                  <Card key={one.recovery_id} id={id} recovery={one} consent={() => setConsenting(one)} />
                ))}
              </div>
              {past.length > 0 && (
                <details className={style.past}>
                  <summary>{past.length} that were dealt with</summary>
                  <div className={style.cards}>
                    {past.map((one) => (
                      <Card key={one.recovery_id} id={id} recovery={one} consent={() => setConsenting(one)} />
                    ))}
                  </div>
                </details>
              )}
            </>
          );
        }}
      </Answer>
      {consenting && <Consent id={id} of={consenting} now={now} look={asked.refetch} close={() => setConsenting(undefined)} />}
    </Page>
  );
}

function Card({ id, recovery, consent }: { id: string; recovery: Recovery; consent: () => void }) {
  const { role } = useWho();
  const hand = useHand(id);
  const waits = recovery.state === "open";
  const examined = useExamined(waits ? [recovery] : [], examineRecovery)(recovery);
  return (
    <article className={`${style.card} lf-card`}>
      <header>
        <h2>
          <Said text={recovery.tool ?? recovery.recovery_id} />
        </h2>
        <State of={recovery.cleanup_status} />
        {!waits && <State of={recovery.state} />}
      </header>
      <Facts
        facts={[
          ["What to do", <span key="w" className={style.action}><Said text={recovery.recovery_action} /></span>],
          ["Since", recovery.ended_at && <Moment at={recovery.ended_at} />],
          ["Called by", recovery.subject && <Said key="s" text={recovery.subject} />],
          ["Receipt", <Link key="r" href={`/w/${encodeURIComponent(id)}/audit/${encodeURIComponent(recovery.receipt_id)}`} className="lf-mono">{recovery.receipt_id}</Link>],
          ["Confirmed by", recovery.confirmed_by && <Said key="c" text={recovery.confirmed_by} />],
          ["Confirmed", recovery.confirmed_at && <Moment at={recovery.confirmed_at} />],
          ["Why", recovery.reason && <Said key="y" text={recovery.reason} />],
        ]}
      />
      {recovery.recovery_call ? (
        <>
          <h3>The call that is proposed, word for word</h3>
          <Json value={recovery.recovery_call} label="The proposed call" />
        </>
      ) : (
        <p className={style.none}>No call is proposed. A consent says that somebody has dealt with it.</p>
      )}
      {waits && examined?.holds === false && <Covered examined={examined} refused="This cannot be consented to here" command={`lumenflow recover show ${recovery.recovery_id}`} />}
      {waits &&
        (!mayAct(role, "operator") ? (
          <Alert color="gray" title="You can look, and consent to nothing" />
        ) : hand === undefined ? (
          <NoKey what="consent" />
        ) : (
          <Button leftSection={<PenLine size={16} />} disabled={examined?.holds !== true} onClick={consent}>
            Consent…
          </Button>
        ))}
    </article>
  );
}

interface ConsentProps {
  id: string;
  of: Recovery;
  /** As the workspace says it is by now. */
  now: Recovery | undefined;
  look: () => Promise<{ data?: { items: Recovery[] } | undefined }>;
  close: () => void;
}

const isOpen = (one: Recovery | undefined) => one === undefined || one.state === "open";

function Consent({ id, of, now, look, close }: ConsentProps) {
  // What was read is what is signed, whatever is answered meanwhile.
  const [recovery] = useState(of);
  const examined = useExamined([recovery], examineRecovery)(recovery);
  const hand = useHand(id);
  const kept = useQueryClient();
  const [read, setRead] = useState(false);
  const [step, setStep] = useState<"read" | "sign">("read");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [reason, setReason] = useState("");
  const signer = useSigner(id);
  const { local } = useWho();
  const revoked = useRevoked(local === undefined ? [id] : []);
  const able = examined?.holds === true && isOpen(now) && revoked.size === 0;
  const sign = async () => {
    if (hand === undefined) return;
    setBusy(true);
    setError(undefined);
    // One that comes second would count for nothing, and look as if it did.
    const newest = (await look()).data?.items.find((one) => one.recovery_id === recovery.recovery_id);
    if (!isOpen(newest)) return setBusy(false);
    try {
      const queued = await hand.consent(recovery, reason.trim());
      await settled(id, queued);
      await kept.invalidateQueries({ queryKey: ["asked", id, "kernel:recovery_list"] });
      close();
    } catch (thrown) {
      setError(thrown);
      if (local === undefined) heard(signer, thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog opened onClose={close} size="lg" title={step === "read" ? "1 of 2: read" : "2 of 2: sign"}>
      <div className={style.consent}>
        <Facts facts={[["What to do", <span key="w" className={style.action}><Said text={recovery.recovery_action} /></span>], ["Left behind", <State key="s" of={recovery.cleanup_status} />]]} />
        {recovery.recovery_call && <Json value={recovery.recovery_call} label="The call that will be made" />}
        <Covered examined={examined} refused="This cannot be consented to here" command={`lumenflow recover show ${recovery.recovery_id}`} />
        {!busy && now !== undefined && !isOpen(now) && <Over recovery={now} />}
        <Revoked of={revoked} />
        {step === "read" ? (
          <>
            <Checkbox label="I have read this, and looked at what was left behind" checked={read} onChange={(event) => setRead(event.currentTarget.checked)} />
            <div className={style.buttons}>
              <Button disabled={!read || !able} onClick={() => setStep("sign")}>
                Go on
              </Button>
              <Button variant="default" onClick={close}>
                Not now
              </Button>
            </div>
          </>
        ) : (
          <>
            <p className={style.none}>
              Signed by {hand?.name}, in the name of <code>{hand?.subject}</code>. The signature counts once, and stays in the record.
            </p>
            <Textarea label="Why" description="It is signed, too, and stays in the record." required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus />
            <Refused error={error} />
            <div className={style.buttons}>
              <Button color="red" loading={busy} disabled={isBlank(reason) || !able} onClick={() => void sign()}>
                {recovery.recovery_call ? `Sign, and call ${visible(recovery.recovery_call.tool)} once` : "Sign that it was dealt with"}
              </Button>
              <Button variant="default" onClick={() => setStep("read")} disabled={busy}>
                Back
              </Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Over({ recovery }: { recovery: Recovery }) {
  return (
    <Alert color="gray" title="It was dealt with meanwhile" role="status">
      It is {recovery.state}{recovery.confirmed_by && <>, by <Said text={recovery.confirmed_by} /></>}
      {recovery.reason && <>: <Said text={recovery.reason} /></>}. Another consent would count for nothing.
    </Alert>
  );
}

export default Recoveries;
