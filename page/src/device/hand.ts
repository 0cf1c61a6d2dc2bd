// What decides in a person's name: this browser's own key, which the workspace has pinned; or, where the page is served by
// the workspace itself, the operator's key of whoever started it. Pages ask for a hand and do not know which.
import { conductor, type Schemas } from "../api/conductor";
import { useWho } from "../api/session";
import { asDevice } from "./client";
import { assured, examine, examineRecovery, type Recovery } from "./examine";
import { type Signer, useSigners } from "./store";

export type Verdict = "approve" | "deny";
type Approval = Schemas["Approval"];

export interface Hand {
  /** Who signs, in words for people. */
  name: string;
  /** As it will stand in the record. */
  subject: string;
  /** Approves nothing whose digest is not that of what is shown, or that is said otherwise beside it; denying is always possible. */
  decide(approval: Approval, verdict: Verdict, reason: string): Promise<Queued>;
  consent(recovery: Recovery, reason: string): Promise<Queued>;
  /** Lets go on what was stopped. */
  resume(target: string): Promise<Queued>;
}
type Queued = Schemas["QueuedCommand"];

const { api } = conductor;

function ofDevice(workspace: string, signer: Signer): Hand {
  const { key, subject } = signer;
  return {
    name: `this browser, “${signer.name}”`,
    subject,
    decide: (approval, decision, reason) => conductor.decide(approval, key, { decision, subject, ...(reason === "" ? {} : { reason }) }),
    async consent({ recovery_id, call_digest }, reason) {
      const decided_at = new Date().toISOString();
      const signature = await key.signRecovery({ recovery_id, call_digest, decided_by: subject, reason, decided_at });
      const body = { signature, decided_by: subject, decided_at, workspace_id: workspace, ...(reason === "" ? {} : { reason }) };
      return conductor.told(api.POST("/v2/recoveries/{recovery_id}/confirm", { params: { path: { recovery_id } }, body }));
    },
    resume: async (target) => (await asDevice(workspace, signer)).resume(target),
  };
}

// The workspace's own page signs there, over what was shown here: it names the digest in a signature's place.
function ofOperator(workspace: string, name: string): Hand {
  const as = <Body>(body: object) => body as Body;
  return {
    name: "the workspace's operator key",
    subject: `${workspace}:local:${name}`,
    decide: ({ approval_id, call_digest }, decision, reason) =>
      conductor.told(api.POST("/v2/approvals/{approval_id}", { params: { path: { approval_id } }, body: as<Schemas["ApprovalDecision"]>({ decision, call_digest, reason }) })),
    consent: ({ recovery_id, call_digest }, reason) =>
      conductor.told(api.POST("/v2/recoveries/{recovery_id}/confirm", { params: { path: { recovery_id } }, body: as<Schemas["RecoveryConsent"]>({ call_digest, reason }) })),
    resume: (target) => conductor.told(api.POST("/v2/workspaces/{id}/stop", { params: { path: { id: workspace } }, body: { target, resume: true } })),
  };
}

// Whatever a page has shown and let press: this is the last place before the key.
function careful(hand: Hand): Hand {
  return {
    ...hand,
    async decide(approval, verdict, reason) {
      if (verdict === "approve") await assured(examine(approval));
      return hand.decide(approval, verdict, reason);
    },
    async consent(recovery, reason) {
      await assured(examineRecovery(recovery));
      return hand.consent(recovery, reason);
    },
  };
}

/** Every workspace in which something can be decided from here. */
export function useHands(): Map<string, Hand> {
  const { local, name } = useWho();
  const signers = useSigners();
  if (local !== undefined) return new Map(local.signs ? [[local.workspace, careful(ofOperator(local.workspace, name))]] : []);
  return new Map([...signers].map(([workspace, signer]) => [workspace, careful(ofDevice(workspace, signer))]));
}

export function useHand(workspace: string): Hand | undefined {
  return useHands().get(workspace);
}
