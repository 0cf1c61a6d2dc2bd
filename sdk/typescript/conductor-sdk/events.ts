// Generated from schemas/events/ by scripts/contract; change those instead.
//
// The 41 kinds of events that the kernel and the first-party packs emit or receive. Times are RFC 3339.

export type JsonObject = { [name: string]: unknown };

export type AgentRuntimeToolCalledOutcome = "success" | "failure" | "denied" | "pending" | "cancelled" | "stopped" | "timeout" | "crashed" | "unknown";
export type AgentRuntimeTurnAbortedCleanupStatus = "clean" | "partial" | "needs_recovery";
export type AgentRuntimeTurnCompletedStatus = "reply" | "tool_request" | "complete" | "escalate";
export type AgentRuntimeTurnCompletedToolCallOutcome = "success" | "failure" | "denied" | "pending" | "cancelled" | "stopped" | "timeout" | "crashed" | "unknown";
export type ConductorApprovalResolvedDecision = "approve" | "deny";

/** agent-runtime:tool_called: A call ended, one way or another. Emitted by the kernel with the result of every call. */
export interface AgentRuntimeToolCalled {
  /** The call: the id of its entries in the journal. */
  receipt_id: string;
  /** The name under which the tool was called. */
  tool_name: string;
  /** SHA-256 of the canonical JSON of what was asked: tool, input and who asked. */
  envelope_hash: string;
  /** How it ended. */
  outcome: AgentRuntimeToolCalledOutcome;
  /** The error's code, when it did not succeed. */
  code?: string;
  /** From its arrival to its end, in milliseconds, with what decimals the clock gives. */
  duration_ms: number;
  /** The turn. */
  turn_id?: string;
}

/** agent-runtime:turn_aborted: A turn ended before it had an answer. */
export interface AgentRuntimeTurnAborted {
  /** The turn. */
  turn_id: string;
  /** Why, for people. */
  reason: string;
  /**
   * What was left behind: nothing (clean), a consistent but incomplete state (partial), an inconsistent one
   * (needs_recovery).
   */
  cleanup_status: AgentRuntimeTurnAbortedCleanupStatus;
  /** The next step, for people. */
  recovery_action?: string;
}

/** What the provider counted. */
export interface AgentRuntimeTurnCompletedUsage {
  /** Read. */
  input_tokens?: number;
  /** Written. */
  output_tokens?: number;
  /** Both. */
  total_tokens?: number;
}

export interface AgentRuntimeTurnCompletedToolCall {
  /** The name of the tool, namespace:name. */
  tool: string;
  /** The call: the id of its entries in the journal. */
  receipt_id: string;
  /** How it ended. */
  outcome: AgentRuntimeTurnCompletedToolCallOutcome;
}

/** agent-runtime:turn_completed: A turn ended with an answer. */
export interface AgentRuntimeTurnCompleted {
  /** The turn. */
  turn_id: string;
  /** How it ended: with a reply, a tool that the caller is to call, the goal reached, or a question for a person. */
  status: AgentRuntimeTurnCompletedStatus;
  /** What the provider counted. */
  usage?: AgentRuntimeTurnCompletedUsage;
  /** The calls it made, in order. */
  tool_calls: AgentRuntimeTurnCompletedToolCall[];
}

/** agent-runtime:turn_started: A governed turn of an agent began. */
export interface AgentRuntimeTurnStarted {
  /** The turn. */
  turn_id: string;
  /** The session it belongs to. */
  session_id: string;
  /** What it is to reach. */
  goal?: string;
  /** The model's profile. */
  model: string;
}

/** checkpoint: Somebody at work on a task noted how far it is. */
export interface Checkpoint {
  /** The task. */
  task_id: string;
  /** The run of the task. */
  run_id?: string;
  /** How far, for people. */
  note: string;
  /** The part that is done. */
  progress?: number;
}

/** conductor:approval_resolved: Somebody decided on an approval. It counts when the signature does. */
export interface ConductorApprovalResolved {
  /** The approval. */
  approval_id: string;
  /** What was decided. */
  decision: ConductorApprovalResolvedDecision;
  /** The subject who decided, as signed. */
  decided_by: string;
  /** Why, for people. */
  reason?: string;
  /** Signature of what was decided, by a key that the workspace has pinned. */
  signature: string;
}

/** conductor:command_cancelled: A command that was sent before is not to be carried out any more. */
export interface ConductorCommandCancelled {
  /** The command: the event_id of its envelope. */
  command_id: string;
  /** Why, for people. */
  reason: string;
}

/** conductor:device_requested: A device asks to be paired. The workspace pins its key when an operator consents. */
export interface ConductorDeviceRequested {
  /** The device. */
  device_id: string;
  /** What its owner calls it. */
  name?: string;
  /** Its key, as SPKI in PEM or base64. */
  public_key?: string;
}

/** conductor:device_revoked: A device is not to be trusted any more. */
export interface ConductorDeviceRevoked {
  /** The device. */
  device_id: string;
  /** What its owner calls it. */
  name?: string;
  /** Its key, as SPKI in PEM or base64. */
  public_key?: string;
}

/** conductor:recovery_confirmed: Somebody consented to a proposed recovery, which is then carried out once. */
export interface ConductorRecoveryConfirmed {
  /** The proposal. */
  recovery_id: string;
  /** The subject who decided, as signed. */
  decided_by: string;
  /** Why, for people; as signed. */
  reason?: string;
  /** Signature of what was decided, by a key that the workspace has pinned. */
  signature: string;
}

/** conductor:recovery_requested: Somebody asks a pack to propose a recovery. Nothing is repaired by it. */
export interface ConductorRecoveryRequested {
  /** The pack's slug. */
  target_pack: string;
  /** What to recover, by the pack's own id. */
  target_id: string;
  /** The turn. */
  turn_id?: string;
  /** Why, for people. */
  reason: string;
  /** Who asks. */
  requested_by: string;
}

/** conductor:stop_requested: A tool, a subject or everything is to be stopped; or, signed, to be allowed again. */
export interface ConductorStopRequested {
  /** The name of a tool, a subject, or all. */
  target: string;
  /** True: allow it again. */
  resume?: boolean;
  /** Stopping needs none, resuming does. */
  signature?: string;
}

/** conductor:tool_requested: A tool is to be called, with the rights of whoever sent this. */
export interface ConductorToolRequested {
  /** The name of the tool, namespace:name. */
  tool: string;
  /** The tool's input. */
  input: JsonObject;
  /** The same key again gives the recorded result. */
  idempotency_key?: string;
  /**
   * Of a device: ES256, base64url, over the canonical JSON of {purpose: command, kind, payload without this,
   * decided_by, decided_at}.
   */
  signature?: string;
}

/** run_failed: A run ended without success. */
export interface RunFailed {
  /** The task. */
  task_id: string;
  /** The run of the task. */
  run_id: string;
  /** Why, for people. */
  reason: string;
  /** What shows it: content addresses or paths, as the tool that made them names them. */
  evidence_refs?: string[];
}

/** run_paused: A run stopped for now. */
export interface RunPaused {
  /** The task. */
  task_id: string;
  /** The run of the task. */
  run_id: string;
  /** Why, for people. */
  reason: string;
}

/** run_started: Work on a task began: one attempt, with an id of its own. */
export interface RunStarted {
  /** The task. */
  task_id: string;
  /** The run of the task. */
  run_id: string;
  /** The subject who acts, from its token. */
  by: string;
  /** The session in which it acts. */
  session_id: string;
}

/** run_succeeded: A run ended with success. */
export interface RunSucceeded {
  /** The task. */
  task_id: string;
  /** The run of the task. */
  run_id: string;
  /** What shows it: content addresses or paths, as the tool that made them names them. */
  evidence_refs?: string[];
}

/** sidekick:approval_requested: A call waits until somebody approves it. Emitted when the call is parked. */
export interface SidekickApprovalRequested {
  /** The approval. */
  approval_id: string;
  /** The call: the id of its entries in the journal. */
  receipt_id: string;
  /** Where it may be decided, by the name that the policy gives it. */
  surface: string;
  /** The name of the tool, namespace:name. */
  tool_name: string;
  /** What a decision is bound to: SHA-256 of the canonical JSON of exactly this call. */
  call_digest: string;
  /** What the digest covers, for whoever decides; secrets are left out. */
  preview: JsonObject;
  /** The subject who called. */
  requested_by: string;
  /** When waiting becomes a denial. */
  expires_at: string;
}

/**
 * sidekick:command_received: Somebody wrote to a sidekick channel from outside. It is appended to that channel; with a
 * tool it is also a call.
 */
export interface SidekickCommandReceived {
  /** The sidekick channel, by its name. */
  sidekick_channel: string;
  /** Who wrote, as the channel's network names them. */
  sender: string;
  /** What they wrote. */
  text: string;
  /** The name of the tool, namespace:name. */
  tool?: string;
  /** The tool's input. */
  input?: JsonObject;
  /**
   * Of a device: ES256, base64url, over the canonical JSON of {purpose: command, kind, payload without this,
   * decided_by, decided_at}.
   */
  signature?: string;
}

/** sidekick:message_sent: A message was written to a sidekick channel. */
export interface SidekickMessageSent {
  /** The message. */
  message_id: string;
  /** The sidekick channel, by its name. */
  sidekick_channel: string;
  /** Who wrote it. */
  sender: string;
}

/**
 * sidekick:routine_due: A task or a routine fell due. Emitted once for each due moment; nothing is carried out by it.
 */
export interface SidekickRoutineDue {
  /** The routine, or the task, that falls due. */
  routine_id: string;
  /** When. */
  due_at: string;
}

/** software-delivery:gate_failed: A gate did not hold, or could not be run. */
export interface SoftwareDeliveryGateFailed {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The gate, by its id. */
  gate: string;
  /** The git commit. */
  commit: string;
  /** How long it ran, in whole milliseconds. */
  duration_ms?: number;
  /** Of its command; negative: minus the signal that ended it. */
  exit_code?: number;
  /** Its output, by content address. */
  evidence_ref?: string;
}

/** software-delivery:gate_passed: A gate held. */
export interface SoftwareDeliveryGatePassed {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The gate, by its id. */
  gate: string;
  /** The git commit. */
  commit: string;
  /** How long it ran, in whole milliseconds. */
  duration_ms?: number;
  /** Of its command; negative: minus the signal that ended it. */
  exit_code?: number;
  /** Its output, by content address. */
  evidence_ref?: string;
}

/** software-delivery:gate_started: A gate began to run for a work unit. */
export interface SoftwareDeliveryGateStarted {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The gate, by its id. */
  gate: string;
  /** The git commit. */
  commit: string;
  /** How long it ran, in whole milliseconds. */
  duration_ms?: number;
  /** Of its command; negative: minus the signal that ended it. */
  exit_code?: number;
  /** Its output, by content address. */
  evidence_ref?: string;
}

/** software-delivery:wu_blocked: A work unit cannot go on. */
export interface SoftwareDeliveryWuBlocked {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The lane it is in. */
  lane: string;
  /** The subject who acts, from its token. */
  by: string;
  /** Its git worktree, relative to the workspace. */
  worktree_path?: string;
  /** The git commit. */
  commit?: string;
  /** Why, for people. */
  reason?: string;
}

/** software-delivery:wu_claimed: Somebody took a work unit and its lane; its worktree is there. */
export interface SoftwareDeliveryWuClaimed {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The lane it is in. */
  lane: string;
  /** The subject who acts, from its token. */
  by: string;
  /** Its git worktree, relative to the workspace. */
  worktree_path?: string;
  /** The git commit. */
  commit?: string;
  /** Why, for people. */
  reason?: string;
}

/** software-delivery:wu_completed: A work unit is done and merged. */
export interface SoftwareDeliveryWuCompleted {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The lane it is in. */
  lane: string;
  /** The subject who acts, from its token. */
  by: string;
  /** Its git worktree, relative to the workspace. */
  worktree_path?: string;
  /** The git commit. */
  commit?: string;
  /** Why, for people. */
  reason?: string;
}

/** software-delivery:wu_created: A work unit was created. */
export interface SoftwareDeliveryWuCreated {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The lane it is in. */
  lane: string;
  /** The subject who acts, from its token. */
  by: string;
  /** Its git worktree, relative to the workspace. */
  worktree_path?: string;
  /** The git commit. */
  commit?: string;
  /** Why, for people. */
  reason?: string;
}

/** software-delivery:wu_released: Whoever had claimed a work unit gave it back. */
export interface SoftwareDeliveryWuReleased {
  /** The work unit, e.g. WU-042. */
  wu_id: string;
  /** The lane it is in. */
  lane: string;
  /** The subject who acts, from its token. */
  by: string;
  /** Its git worktree, relative to the workspace. */
  worktree_path?: string;
  /** The git commit. */
  commit?: string;
  /** Why, for people. */
  reason?: string;
}

/**
 * spec_tampered: A file that was accepted is no longer what it was; calls are refused until an operator accepts the
 * change.
 */
export interface SpecTampered {
  /** The file. */
  spec: string;
  /** What it specifies, e.g. the workspace's id. */
  id: string;
  /** SHA-256 of the bytes that were accepted. */
  expected_hash: string;
  /** SHA-256 of the bytes found; empty when the file is gone. */
  actual_hash: string;
}

/** task_blocked: A task cannot go on. Emitted when that is recorded. */
export interface TaskBlocked {
  /** The task. */
  task_id: string;
  /** Why, for people. */
  reason: string;
}

/** task_claimed: Somebody took a task. Emitted when the claim is recorded; of two at once one wins. */
export interface TaskClaimed {
  /** The task. */
  task_id: string;
  /** The subject who acts, from its token. */
  by: string;
  /** The session in which it acts. */
  session_id: string;
  /** What the task's type adds, e.g. its branch. */
  domain_data?: JsonObject;
}

/** task_completed: A task is done. Emitted when its completion is recorded. */
export interface TaskCompleted {
  /** The task. */
  task_id: string;
  /** What shows it: content addresses or paths, as the tool that made them names them. */
  evidence_refs?: string[];
}

/** task_created: A task was created. Emitted when the kernel takes it in. */
export interface TaskCreated {
  /** The task. */
  task_id: string;
  /** SHA-256 of the canonical JSON of what the task asks for. */
  spec_hash: string;
}

/** task_delegated: A task was handed on as part of another. */
export interface TaskDelegated {
  /** The task. */
  task_id: string;
  /** The task it is part of. */
  parent_task_id: string;
  /** The act of handing it on. */
  delegation_id: string;
}

/** task_released: Whoever had claimed a task gave it back. */
export interface TaskReleased {
  /** The task. */
  task_id: string;
  /** Why, for people. */
  reason: string;
}

/** task_resumed: A waiting task goes on. */
export interface TaskResumed {
  /** The task. */
  task_id: string;
}

/** task_unblocked: A blocked task can go on. */
export interface TaskUnblocked {
  /** The task. */
  task_id: string;
}

/** task_waiting: A task waits for something outside, such as an approval or a time. */
export interface TaskWaiting {
  /** The task. */
  task_id: string;
  /** Why, for people. */
  reason: string;
  /** What it waits for, in the form of the task's type. */
  wait_for?: JsonObject;
}

/**
 * workspace_updated: The workspace's configuration, or what its tools are, changed. Emitted after the change is in
 * force.
 */
export interface WorkspaceUpdated {
  /** SHA-256 of the bytes of lumenflow.yaml. */
  config_hash: string;
  /** What changed, for people. */
  changes_summary: string;
}

/** workspace_warning: Something about the workspace needs attention and stops nothing. */
export interface WorkspaceWarning {
  /** What, for people. */
  message: string;
}

/** What an event's envelope says besides its kind and its payload. */
export interface Envelope {
  /** SHA-256 of what was emitted under an idempotency key, in hex; without a key a UUID version 7. */
  event_id: string;
  /** When it happened, in UTC. */
  timestamp: string;
  /** A label of the person behind a command that the conductor built; no authority. */
  on_behalf_of?: string;
  /** Of a command only: from then on it is not to be carried out, in UTC. */
  expires_at?: string;
  /** The subject, from the token: of the workspace for what it emits, of the device or caller for what comes in. */
  from: string;
  /** The stream that carries it. */
  channel: string;
  /** Its position in that stream. */
  seq: number;
  /** Of the queue class only: its position among those of the stream, without a gap. */
  queue_seq?: number;
  /** When it was put on the stream, in UTC. */
  emitted_at: string;
  /** W3C traceparent. */
  trace?: string;
}

/** The payload of each kind. */
export interface Payloads {
  "agent-runtime:tool_called": AgentRuntimeToolCalled;
  "agent-runtime:turn_aborted": AgentRuntimeTurnAborted;
  "agent-runtime:turn_completed": AgentRuntimeTurnCompleted;
  "agent-runtime:turn_started": AgentRuntimeTurnStarted;
  "checkpoint": Checkpoint;
  "conductor:approval_resolved": ConductorApprovalResolved;
  "conductor:command_cancelled": ConductorCommandCancelled;
  "conductor:device_requested": ConductorDeviceRequested;
  "conductor:device_revoked": ConductorDeviceRevoked;
  "conductor:recovery_confirmed": ConductorRecoveryConfirmed;
  "conductor:recovery_requested": ConductorRecoveryRequested;
  "conductor:stop_requested": ConductorStopRequested;
  "conductor:tool_requested": ConductorToolRequested;
  "run_failed": RunFailed;
  "run_paused": RunPaused;
  "run_started": RunStarted;
  "run_succeeded": RunSucceeded;
  "sidekick:approval_requested": SidekickApprovalRequested;
  "sidekick:command_received": SidekickCommandReceived;
  "sidekick:message_sent": SidekickMessageSent;
  "sidekick:routine_due": SidekickRoutineDue;
  "software-delivery:gate_failed": SoftwareDeliveryGateFailed;
  "software-delivery:gate_passed": SoftwareDeliveryGatePassed;
  "software-delivery:gate_started": SoftwareDeliveryGateStarted;
  "software-delivery:wu_blocked": SoftwareDeliveryWuBlocked;
  "software-delivery:wu_claimed": SoftwareDeliveryWuClaimed;
  "software-delivery:wu_completed": SoftwareDeliveryWuCompleted;
  "software-delivery:wu_created": SoftwareDeliveryWuCreated;
  "software-delivery:wu_released": SoftwareDeliveryWuReleased;
  "spec_tampered": SpecTampered;
  "task_blocked": TaskBlocked;
  "task_claimed": TaskClaimed;
  "task_completed": TaskCompleted;
  "task_created": TaskCreated;
  "task_delegated": TaskDelegated;
  "task_released": TaskReleased;
  "task_resumed": TaskResumed;
  "task_unblocked": TaskUnblocked;
  "task_waiting": TaskWaiting;
  "workspace_updated": WorkspaceUpdated;
  "workspace_warning": WorkspaceWarning;
}

/** How each kind travels. The members of a flat kind (schemaVersion 1) stand among the envelope's. */
export const kinds = {
  "agent-runtime:tool_called": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "agent-runtime:turn_aborted": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "agent-runtime:turn_completed": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "agent-runtime:turn_started": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "checkpoint": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "conductor:approval_resolved": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:command_cancelled": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:device_requested": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:device_revoked": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:recovery_confirmed": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:recovery_requested": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:stop_requested": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "conductor:tool_requested": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "run_failed": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "run_paused": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "run_started": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "run_succeeded": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "sidekick:approval_requested": { schemaVersion: 2, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "sidekick:command_received": { schemaVersion: 2, class: "queue", direction: "inbound", streams: ["phone", "bridge"] },
  "sidekick:message_sent": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "sidekick:routine_due": { schemaVersion: 2, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:gate_failed": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:gate_passed": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:gate_started": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:wu_blocked": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:wu_claimed": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:wu_completed": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:wu_created": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "software-delivery:wu_released": { schemaVersion: 2, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "spec_tampered": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_blocked": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_claimed": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_completed": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_created": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_delegated": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_released": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_resumed": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_unblocked": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "task_waiting": { schemaVersion: 1, class: "queue", direction: "outbound", streams: ["sidecar"] },
  "workspace_updated": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
  "workspace_warning": { schemaVersion: 1, class: "ephemeral", direction: "outbound", streams: ["sidecar"] },
} as const satisfies Record<keyof Payloads, KindInfo>;

export interface KindInfo {
  readonly schemaVersion: 1 | 2;
  readonly class: "queue" | "ephemeral";
  readonly direction: "inbound" | "outbound";
  readonly streams: readonly ("sidecar" | "phone" | "bridge")[];
}

export type Kind = keyof Payloads;
export type FlatKind = { [K in Kind]: (typeof kinds)[K]["schemaVersion"] extends 1 ? K : never }[Kind];

/** The event of one kind. */
export type EventOf<K extends Kind> = K extends FlatKind
  ? Envelope & { schema_version: 1; kind: K } & Payloads[K]
  : Envelope & { schema_version: 2; kind: K; payload: Payloads[K] };

/** An event of any of these kinds: `switch (event.kind)` tells them apart. */
export type KnownEvent = { [K in Kind]: EventOf<K> }[Kind];
