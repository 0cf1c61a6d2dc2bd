// The last look before the signature: each call word for word, why it is decided so, and what came of the signing.
import { Alert, Button, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/conductor";
import { useWho } from "../../api/session";
import { Covered } from "../../device/Covered";
import { type Examined, statementOf } from "../../device/examine";
import type { Hand, Verdict } from "../../device/hand";
import { Dialog } from "../../parts/Dialog";
import { settled } from "../../device/settled";
import { heard, useRevoked } from "../../device/standing";
import { useSigners } from "../../device/store";
import { Revoked } from "../../device/Revoked";
import { Json } from "../../parts/Json";
import { isBlank, visible } from "../../parts/odd";
import { Refused } from "../../parts/Refused";
import { Said } from "../../parts/Said";
import { useNow } from "../../parts/Time";
import style from "../Approvals.module.css";

type Approval = Schemas["Approval"];

interface Props {
  verdict: Verdict;
  approvals: Approval[];
  hands: Map<string, Hand>;
  examined: (approval: Approval) => Examined | undefined;
  /** The ids of what still waits. */
  waits: ReadonlySet<string>;
  close: () => void;
  done: (ids: string[]) => void;
}

/** What is over can be decided no more, nor what somebody else has decided meanwhile. */
function isOpen(approval: Approval, waits: ReadonlySet<string>, now: number): boolean {
  return waits.has(approval.approval_id) && !(Date.parse(statementOf(approval).expiresAt) <= now);
}

export function Deciding({ verdict, approvals, hands, examined, waits, close, done }: Props) {
  const kept = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ id: string; error: unknown }[]>([]);
  const [left, setLeft] = useState(approvals);
  const now = Math.max(useNow(), Date.now());
  const verb = verdict === "approve" ? "Approve" : "Deny";
  const open = left.filter((one) => isOpen(one, waits, now));
  const signers = useSigners();
  const { local } = useWho();
  const revoked = useRevoked(local === undefined ? open.map((one) => one.workspace_id) : []);
  const ready = open.length > 0 && !open.some((one) => revoked.has(one.workspace_id)) && (verdict === "deny" || open.every((one) => examined(one)?.holds));
  const sign = async () => {
    setBusy(true);
    const ended: string[] = [];
    const faults: { id: string; error: unknown }[] = [];
    const waiting: Promise<void>[] = [];
    for (const approval of open) {
      const { approval_id: id, workspace_id: workspace } = approval;
      const hand = hands.get(workspace);
      if (hand === undefined) continue;
      const fault = (error: unknown) => {
        faults.push({ id, error });
        if (local === undefined) heard(signers.get(workspace), error);
      };
      try {
        const queued = await hand.decide(approval, verdict, isBlank(reason) ? "" : reason.trim());
        waiting.push(settled(workspace, queued).then(() => void ended.push(id), fault));
      } catch (error) {
        fault(error);
      }
    }
    await Promise.all(waiting);
    done(ended);
    setFailed(faults);
    setLeft(left.filter((one) => !ended.includes(one.approval_id)));
    setBusy(false);
    await kept.invalidateQueries({ queryKey: ["pending"] });
    if (faults.length === 0) close();
  };
  return (
    <Dialog opened onClose={close} size="lg" title={`${verb} ${left.length === 1 ? "this call" : `these ${left.length} calls`}`}>
      <div className={style.batch}>
        {left.map((approval) => (
          <One key={approval.approval_id} approval={approval} open={busy || open.includes(approval)} examined={examined(approval)} verdict={verdict} error={failed.find((one) => one.id === approval.approval_id)?.error} />
        ))}
      </div>
      <Textarea label={verdict === "deny" ? "Why" : "Why (if you like)"} description="It is signed, too, and stays in the record." autosize minRows={2} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={500} mt="md" data-autofocus />
      <Revoked of={revoked} />
      {busy && <p role="status">Signed, and waiting for what the workspace makes of it.</p>}
      <div className={style.buttons}>
        <Button color={verdict === "approve" ? "green" : "red"} loading={busy} disabled={!ready} onClick={() => void sign()}>
          Sign and {verb.toLowerCase()}
        </Button>
        <Button variant="default" onClick={close} disabled={busy}>
          Not now
        </Button>
      </div>
    </Dialog>
  );
}

function One({ approval, open, examined, verdict, error }: { approval: Approval; open: boolean; examined: Examined | undefined; verdict: Verdict; error: unknown }) {
  const statement = statementOf(approval);
  return (
    <div className={style.one}>
      <div>
        <strong><Said text={statement.tool} /></strong>{" "}
        <span className={style.as}>
          in <Said text={approval.workspace_id} />, {statement.pack === undefined ? "asked by" : "from"} <Said text={statement.subject} />
        </span>
      </div>
      {!open && <Alert color="gray" title="It waits no more">It was decided meanwhile, or its time is over.</Alert>}
      <Json value={statement.input} label={`The input of ${visible(statement.tool)}`} />
      {examined?.holds === false && <Covered examined={examined} refused={verdict === "approve" ? "This cannot be approved here" : "What is shown is not what is signed"} command={`lumenflow approvals show ${approval.approval_id}`} />}
      <Refused error={error} />
    </div>
  );
}
