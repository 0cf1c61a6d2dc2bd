// Generated from packs/sidekick/manifest.yaml by scripts/contract; change that instead.
//
// What the 16 tools of the pack sidekick 0.1.0 take and answer. Times are RFC 3339.

export const packVersion = "0.1.0";

export type JsonObject = { [name: string]: unknown };

export type TaskStatus = "pending" | "done";
export type TaskPriority = "P0" | "P1" | "P2" | "P3";
export type MemoryType = "fact" | "preference" | "note" | "snippet";
export type ChannelType = "terminal" | "conductor" | "webhook";
export type MessageDeliveryState = "pending" | "delivered" | "stored" | "failed";
export type SidekickStorageAdapter = "journal" | "filesystem";
export type SidekickHealth = "ok" | "degraded";
export type SidekickFormat = "json" | "ndjson";

export interface Task {
  id: string;
  title: string;
  description?: string;
  status: TaskStatus;
  priority: TaskPriority;
  tags: string[];
  /** As it was given. */
  due_at?: string;
  /** The schedule that repeats, in UTC. */
  cron?: string;
  /** When a scheduled task falls due next. */
  next_due_at?: string;
  /** The due moment that was announced last. */
  last_due_at?: string;
  /** What was said when it was completed. */
  note?: string;
  created_at: string;
  updated_at: string;
  completed_at?: string;
}

export interface TaskCreateResponse {
  task: Task;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface TaskListResponse {
  items: Task[];
  /** How many items this page has. */
  count: number;
  /** Present when more tasks follow. */
  next_cursor?: string;
}

export interface TaskCompleteResponse {
  task: Task;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface TaskScheduleResponse {
  task: Task;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface Memory {
  id: string;
  type: MemoryType;
  content: string;
  tags: string[];
  created_at: string;
}

export interface MemoryStoreResponse {
  memory: Memory;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface MemoryRecallResponse {
  items: Memory[];
  /** How many items this page has. */
  count: number;
  /** Present when more memories follow. */
  next_cursor?: string;
}

export interface MemoryForgetResponse {
  deleted_id: string;
  /** Present when nothing was changed. */
  dry_run?: true;
}

/** What its type needs; a webhook takes url and timeout_ms, the others nothing. */
export interface ChannelSettings {
  /** Where a webhook posts to; https, on a host of the allowlist. */
  url?: string;
  timeout_ms?: number;
}

export interface Channel {
  id: string;
  name: string;
  type: ChannelType;
  /** What its type needs; a webhook takes url and timeout_ms, the others nothing. */
  settings: ChannelSettings;
  created_at: string;
  updated_at: string;
}

export interface ChannelConfigureResponse {
  channel: Channel;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface MessageDelivery {
  state: MessageDeliveryState;
  /** What a person may want to know of it. */
  detail?: string;
  /** When it was asked for; absent while pending. */
  at?: string;
}

export interface Message {
  id: string;
  /** The channel's name. */
  channel: string;
  /** The transport that took it. */
  provider: string;
  sender: string;
  content: string;
  metadata?: JsonObject;
  created_at: string;
  delivery: MessageDelivery;
}

export interface ChannelSendResponse {
  message: Message;
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface ChannelReceiveResponse {
  items: Message[];
  /** How many items this page has. */
  count: number;
  next_cursor: string;
}

export interface RoutineStep {
  tool: string;
  input: JsonObject;
}

export interface Routine {
  id: string;
  name: string;
  steps: RoutineStep[];
  cron?: string;
  on_event?: string;
  enabled: boolean;
  /** When it falls due next. */
  next_due_at?: string;
  /** The due moment that was announced last. */
  last_due_at?: string;
  created_at: string;
  updated_at: string;
}

export interface RoutineCreateResponse {
  routine: Routine;
  warnings: string[];
  /** Present when nothing was changed. */
  dry_run?: true;
}

export interface RoutineListResponse {
  items: Routine[];
  /** How many items this page has. */
  count: number;
  /** Present when more routines follow. */
  next_cursor?: string;
}

export interface RoutinePlanItem {
  index: number;
  tool: string;
  input: JsonObject;
}

export interface RoutineGovernance {
  dispatch_required: true;
}

export interface RoutineRunResponse {
  routine_id: string;
  name: string;
  plan_only: true;
  plan: RoutinePlanItem[];
  governance: RoutineGovernance;
}

export interface SidekickInitResponse {
  initialized: true;
  /** Relative to the workspace. */
  root_dir: string;
}

export interface SidekickCounts {
  tasks: number;
  memories: number;
  channels: number;
  messages: number;
  routines: number;
}

export interface SidekickStatusResponse {
  initialized: boolean;
  counts: SidekickCounts;
  audit_events: number;
  storage_adapter: SidekickStorageAdapter;
  /** Of all records, their keys and the audit trail. */
  bytes: number;
  health: SidekickHealth;
  /** What is wrong; empty when health is ok. */
  problems: string[];
}

export interface SidekickData {
  tasks: JsonObject[] | string;
  memories: JsonObject[] | string;
  channels: JsonObject[] | string;
  messages: JsonObject[] | string;
  routines: JsonObject[] | string;
  audit?: JsonObject[] | string;
}

export interface SidekickExportResponse {
  exported_at: string;
  version: number;
  data: SidekickData;
}

/** task:create: Adds a pending task and answers it with its id. Strings are trimmed; empty ones count as absent. */
export interface TaskCreateRequest {
  /** What is to be done. */
  title: string;
  /** Whatever else belongs to it. */
  description?: string;
  /** P0 is the most urgent. */
  priority?: TaskPriority;
  /** When it is due, RFC 3339. */
  due_at?: string;
  /** Labels to find it by. Of those that differ in case alone the first is kept. */
  tags?: string[];
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * task:list: Answers tasks, newest first. A task is shown when it meets every condition given. To go on, call again
 * with next_cursor as cursor and the same conditions; tasks created meanwhile shift nothing.
 */
export interface TaskListRequest {
  status?: TaskStatus;
  priority?: TaskPriority;
  /** The task carries all of them, in whatever case. */
  tags?: string[];
  /** Stands in the title, the description or the note, in whatever case. */
  search?: string;
  /**
   * The task falls due before this moment. Tasks that are never due are left out, and so are done ones unless status
   * asks for them.
   */
  due_before?: string;
  /** How many at most. */
  limit?: number;
  /** The next_cursor of the page before. */
  cursor?: string;
}

/** task:complete: Marks a task as done. Completing a done task changes nothing, its note included. */
export interface TaskCompleteRequest {
  /** As task:create answers it. */
  id: string;
  /** What came of it. */
  note?: string;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * task:schedule: Says when a task falls due: at due_at, or whenever cron matches, or first at due_at and then whenever
 * cron matches. It replaces the task's whole schedule, due_at included, and answers when the task falls due next.
 */
export interface TaskScheduleRequest {
  /** As task:create answers it; not of a task that is done. */
  id: string;
  /** When it is due, RFC 3339. */
  due_at?: string;
  /**
   * Five fields in UTC: minute, hour, day of month, month, day of week; each a list of values, ranges and steps, months
   * and weekdays also by their English three-letter names. When both day fields are restricted, either one is enough.
   */
  cron?: string;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/** memory:store: Keeps a fact, a preference, a note or a snippet and answers it with its id. */
export interface MemoryStoreRequest {
  type: MemoryType;
  /** What is to be remembered. */
  content: string;
  /** Labels to find it by. Of those that differ in case alone the first is kept. */
  tags?: string[];
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * memory:recall: With a query, the memories that hold at least one of its words, best match first; without, newest
 * first. Words are compared without case and accents, in contents and tags. To go on, call again with next_cursor as
 * cursor and the same conditions; memories stored meanwhile shift nothing.
 */
export interface MemoryRecallRequest {
  /** Words to look for. */
  query?: string;
  type?: MemoryType;
  /** The memory carries all of them, in whatever case. */
  tags?: string[];
  /** How many at most. */
  limit?: number;
  /** The next_cursor of the page before. */
  cursor?: string;
}

/** memory:forget: Removes a memory for good. */
export interface MemoryForgetRequest {
  /** As memory:store answers it. */
  id: string;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * channel:configure: Makes the channel of this name, or changes it: what is left out stays as it is. A new channel is a
 * terminal unless a type is given; settings go with their type. A webhook posts to hosts that the operator allows
 * (sidekick.webhook_allowlist in lumenflow.yaml), any other is SCOPE_DENIED.
 */
export interface ChannelConfigureRequest {
  name: string;
  /** How the channel is delivered. */
  type?: ChannelType;
  /** What its type needs; a webhook takes url and timeout_ms, the others nothing. */
  settings?: ChannelSettings;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * channel:send: Puts a message into the outbox and takes it where its channel leads. A channel that is missing is made,
 * as a terminal. delivery says what is known: delivered, stored (a terminal channel with no terminal attached), failed,
 * or pending when the program died in between. PROVIDER_NOT_REGISTERED when nothing serves the channel,
 * PROVIDER_SEND_FAILED when it was not taken; the message then stays in the outbox as failed.
 */
export interface ChannelSendRequest {
  content: string;
  /** The channel's name. */
  channel?: string;
  /** Which transport of the channel's type; its first one by default. */
  provider?: string;
  /** Who speaks. */
  sender?: string;
  /** Whatever goes with it. */
  metadata?: JsonObject;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/**
 * channel:receive: Messages oldest first, of one channel or of all. next_cursor is always there: ask again with it for
 * what came meanwhile, none is left out. PROVIDER_NOT_REGISTERED for a provider that is not registered,
 * PROVIDER_RECEIVE_FAILED when a provider cannot be read.
 */
export interface ChannelReceiveRequest {
  /** The channel's name; of all channels by default. */
  channel?: string;
  /** Only what this provider took. */
  provider?: string;
  /** The next_cursor of the page before. */
  cursor?: string;
  /** Only what was sent at this moment or later. */
  since?: string;
  /** How many at most. */
  limit?: number;
}

export interface RoutineCreateStep {
  /** A tool's name. */
  tool: string;
  input?: JsonObject;
}

/**
 * routine:create: Keeps a list of calls to be made together. With cron, or at each event of the kind on_event, it falls
 * due by itself and says so with the event sidekick:routine_due; nothing is executed by that, unless lumenflow.yaml
 * says `routines: {auto_run: true}`. Warnings name tools that no active pack has.
 */
export interface RoutineCreateRequest {
  name: string;
  steps: RoutineCreateStep[];
  /** Five fields in UTC, as task:schedule takes them. */
  cron?: string;
  /** A kind of event. */
  on_event?: string;
  /** Whether it falls due. */
  enabled?: boolean;
  /** Check, answer what would be, and change nothing. */
  dry_run?: boolean;
}

/** routine:list: Routines, newest first. */
export interface RoutineListRequest {
  enabled_only?: boolean;
  /** How many at most. */
  limit?: number;
  /** The next_cursor of the page before. */
  cursor?: string;
}

/**
 * routine:run: Answers the calls that the routine is made of, in order. Nothing is executed: each call goes its own way
 * through dispatch, by whoever asked.
 */
export interface RoutineRunRequest {
  /** As routine:create answers it. */
  id: string;
}

/**
 * sidekick:init: Makes what the pack keeps its records in. Calling it again changes nothing; nothing needs it first.
 */
export interface SidekickInitRequest {
}

/** sidekick:status: How much is stored, where, and whether it is sound. Costs the same whatever is stored. */
export interface SidekickStatusRequest {
}

/**
 * sidekick:export: All records, oldest first in each store. With ndjson each store is one text with a line for each
 * record. Writes no file.
 */
export interface SidekickExportRequest {
  /** With the audit trail. */
  include_audit?: boolean;
  format?: SidekickFormat;
}

/** What each tool takes and answers, by its name. */
export interface Tools {
  "task:create": { request: TaskCreateRequest; response: TaskCreateResponse };
  "task:list": { request: TaskListRequest; response: TaskListResponse };
  "task:complete": { request: TaskCompleteRequest; response: TaskCompleteResponse };
  "task:schedule": { request: TaskScheduleRequest; response: TaskScheduleResponse };
  "memory:store": { request: MemoryStoreRequest; response: MemoryStoreResponse };
  "memory:recall": { request: MemoryRecallRequest; response: MemoryRecallResponse };
  "memory:forget": { request: MemoryForgetRequest; response: MemoryForgetResponse };
  "channel:configure": { request: ChannelConfigureRequest; response: ChannelConfigureResponse };
  "channel:send": { request: ChannelSendRequest; response: ChannelSendResponse };
  "channel:receive": { request: ChannelReceiveRequest; response: ChannelReceiveResponse };
  "routine:create": { request: RoutineCreateRequest; response: RoutineCreateResponse };
  "routine:list": { request: RoutineListRequest; response: RoutineListResponse };
  "routine:run": { request: RoutineRunRequest; response: RoutineRunResponse };
  "sidekick:init": { request: SidekickInitRequest; response: SidekickInitResponse };
  "sidekick:status": { request: SidekickStatusRequest; response: SidekickStatusResponse };
  "sidekick:export": { request: SidekickExportRequest; response: SidekickExportResponse };
}
