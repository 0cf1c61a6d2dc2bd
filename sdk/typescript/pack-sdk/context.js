// What a tool or a handler is given: the host, seen from one call or delivery.
//
// A context belongs to one run and ends with it. Whatever it asks may throw HostError with the host's code, and Cancelled
// once the run was cancelled.

import { randomBytes } from "node:crypto";

import { HostError } from "./errors.js";
import { normalizedTimestamp } from "./kernel_event.js";

const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * @typedef {unknown} Json
 * @typedef {{
 *   ask(method: string, params: Record<string, unknown>, heard?: ((said: any) => void) | undefined): Promise<any>,
 *   notify(method: string, params: Record<string, unknown>): void,
 *   signalOf(runId: string): AbortSignal,
 *   onProgramLine(listener: ((stream: "output" | "errors", line: string) => void) | undefined): void,
 * }} Host
 * @typedef {{ now?: string, ulid?: string }} Readings recorded readings of the clock and of chance
 * @typedef {{ kind: string, event_id: string, timestamp: string, from: string, channel: string, seq: number, payload: any }} Event
 * @typedef {{ idempotencyKey?: string | undefined, timestamp?: string | undefined }} EmitOptions
 */

/**
 * The data of a call's result; HostError with its code when the call failed.
 * @param {any} result
 */
function dataOf(result) {
  if (result.success) return result.data;
  throw new HostError(result.error.code, result.error.message, result.error.details);
}

/**
 * The pack's own ordered key-value store. What a run writes commits with its result, or not at all; its reads see its
 * writes. Keys are 1 to 512 bytes of UTF-8, ordered by byte; values are any JSON.
 */
export class Store {
  #run;

  /** @param {Run} run */
  constructor(run) {
    this.#run = run;
  }

  /**
   * The value, null where there is none.
   * @param {string} key
   * @returns {Promise<any>}
   */
  async get(key) {
    return (await this.#run.ask("store/get", { key })).value;
  }

  /** @param {string} key @param {Json} value */
  async put(key, value) {
    await this.#run.ask("store/put", { key, value });
  }

  /**
   * Absent is fine.
   * @param {string} key
   */
  async delete(key) {
    await this.#run.ask("store/delete", { key });
  }

  /**
   * One page in key order: items whose key starts with `prefix` and is behind `after`.
   * @param {string} [prefix]
   * @param {{ after?: string | undefined, limit?: number | undefined }} options
   * @returns {Promise<{ items: { key: string, value: any }[], next?: string }>}
   */
  async scan(prefix = "", { after, limit } = {}) {
    return this.#run.ask("store/scan", given({ prefix, after, limit }));
  }

  /**
   * All pages, one item after the other.
   * @param {string} [prefix]
   * @returns {AsyncGenerator<{ key: string, value: any }>}
   */
  async *items(prefix = "") {
    /** @type {string | undefined} */
    let after;
    do {
      const page = await this.scan(prefix, { after, limit: 1000 });
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }
}

/** What calls and deliveries share. */
export class Run {
  #host;
  #id;
  #ulid;

  /** @param {Host} host @param {string} id @param {Readings} readings @param {Record<string, any>} config */
  constructor(host, id, readings, config) {
    this.#host = host;
    this.#id = id;
    this.#ulid = readings.ulid;
    /** When the run began: RFC 3339, UTC, milliseconds; read no other clock. */
    this.now = readings.now ?? new Date().toISOString();
    /** The pack's section of lumenflow.yaml; empty when there is none. */
    this.config = config;
    this.store = new Store(this);
    /** Aborted when the deadline passed or somebody cancelled: stop soon. */
    this.signal = host.signalOf(id);
  }

  get cancelled() {
    return this.signal.aborted;
  }

  /** `now` in milliseconds since 1970. */
  nowMs() {
    return Date.parse(this.now);
  }

  /** A time-ordered id of 26 characters, each greater than the last; recorded, unlike a random number. */
  newUlid() {
    const text = this.#ulid ?? firstUlid();
    let number = 0n;
    for (const char of text) number = number * 32n + BigInt(BASE32.indexOf(char));
    this.#ulid = ulidText(number + 1n);
    return ulidText(number);
  }

  /**
   * The event commits with the run's result, and stands after it; nothing of it stays when the run fails.
   * @param {string} kind
   * @param {Record<string, Json>} payload
   * @param {EmitOptions} options
   */
  async emit(kind, payload, { idempotencyKey, timestamp } = {}) {
    await this.ask("event/emit", { ...emission(kind, payload, idempotencyKey, timestamp), with_result: true });
  }

  /**
   * The event commits by itself, whatever becomes of the call, and is durable then. Under a key that is live it is the
   * event of the first time. In a handler emit() is what an event applied once asks for.
   * @param {string} kind
   * @param {Record<string, Json>} payload
   * @param {EmitOptions} options
   * @returns {Promise<{ event_id: string, timestamp: string, seq: number }>}
   */
  async emitNow(kind, payload, { idempotencyKey, timestamp } = {}) {
    return this.ask("event/emit", emission(kind, payload, idempotencyKey, timestamp));
  }

  /**
   * Calls another tool, with scopes no wider than this run's: its data. HostError with its code when it fails.
   * @param {string} tool
   * @param {Record<string, Json>} input
   * @param {{ idempotencyKey?: string | undefined }} options
   * @returns {Promise<any>}
   */
  async invoke(tool, input, { idempotencyKey } = {}) {
    return dataOf(await this.ask("tool/invoke", given({ tool, input, idempotency_key: idempotencyKey })));
  }

  /**
   * Changes or reads one of the workspace's tasks, on behalf of the caller; the input is what kernel:task_<step> takes.
   * @param {"create" | "claim" | "block" | "unblock" | "wait" | "resume" | "release" | "delegate" | "complete" | "show" |
   *   "list" | "lanes"} step
   * @param {Record<string, Json>} input
   * @param {{ idempotencyKey?: string | undefined }} options
   * @returns {Promise<any>}
   */
  async tasks(step, input, { idempotencyKey } = {}) {
    return dataOf(await this.ask(`task/${step}`, given({ input, idempotency_key: idempotencyKey })));
  }

  /**
   * A request to a host of the run's network scope: POST unless `method` says otherwise, the body as application/json
   * unless a header does. To a header with `environment` the host adds the value of that variable, which the pack's
   * section of lumenflow.yaml names under a key ending in `_env`. `sink` gets the text of a 2xx answer as it comes, and
   * ends it by returning false; the host answers nothing else meanwhile.
   * @param {string} url
   * @param {string | undefined} body
   * @param {{ method?: string | undefined,
   *           headers?: { name: string, value?: string, environment?: string }[] | undefined,
   *           timeoutMs?: number | undefined, idleTimeoutMs?: number | undefined,
   *           bodyBytesMax?: number | undefined,
   *           sink?: ((text: string) => boolean | void) | undefined }} options
   * @returns {Promise<{ status: number, headers: Record<string, string>, body: string }>}
   */
  async fetch(url, body = undefined, { method, headers, timeoutMs, idleTimeoutMs, bodyBytesMax, sink } = {}) {
    const params = given({
      url, body, method, headers, timeout_ms: timeoutMs, idle_timeout_ms: idleTimeoutMs, body_bytes_max: bodyBytesMax,
    });
    if (sink === undefined) return this.ask("http/fetch", params);
    let wantsMore = true;
    return this.ask("http/fetch", { ...params, stream: true }, (/** @type {any} */ said) => {
      if (!wantsMore || sink(said.text) !== false) return;
      wantsMore = false;
      this.#host.notify("http/stop", { in: this.#id, id: said.id });
    });
  }

  /**
   * Runs a program under the call's scopes, never through a shell. It sees the system's programs and what the call may
   * reach, of which `paths` may name less; `onLine` hears each line as it comes.
   * @param {string[]} command
   * @param {{
   *   directory?: string | undefined, environment?: Record<string, string> | undefined,
   *   paths?: { pattern: string, access: "read" | "write" }[] | undefined, stdin?: string | undefined,
   *   timeoutMs?: number | undefined, outputBytesMax?: number | undefined, errorsWithOutput?: boolean | undefined,
   *   onLine?: ((stream: "output" | "errors", line: string) => void) | undefined,
   * }} options
   * @returns {Promise<{
   *   exit_code: number, signal: number, limit: "" | "time" | "output" | "memory" | "processes" | "cpu",
   *   output: string, errors: string, duration_ms: number, isolation: string,
   * }>}
   */
  async runProgram(command, options = {}) {
    const { directory, environment, paths, stdin, timeoutMs, outputBytesMax, errorsWithOutput, onLine } = options;
    const params = given({
      command, directory, environment, paths, stdin, timeout_ms: timeoutMs, output_bytes_max: outputBytesMax,
      errors_with_output: errorsWithOutput, lines: onLine === undefined ? undefined : true,
    });
    this.#host.onProgramLine(onLine);
    try {
      return await this.ask("process/run", params);
    } finally {
      this.#host.onProgramLine(undefined);
    }
  }

  /**
   * Whether an event of this kind was handled under that replay key.
   * @param {string} kind
   * @param {string} replayKey
   * @returns {Promise<boolean>}
   */
  async wasHandled(kind, replayKey) {
    return (await this.ask("replay_log/has", { kind, replay_key: replayKey })).has;
  }

  /**
   * Tells how far the run is, from 0 to 1.
   * @param {number} [fraction]
   * @param {string} [message]
   */
  progress(fraction, message) {
    this.#host.notify("tool/progress", { in: this.#id, ...given({ fraction, message }) });
  }

  /**
   * A line for the workspace's log.
   * @param {"debug" | "info" | "warn" | "error"} level
   * @param {string} message
   * @param {Record<string, string | number | boolean>} [fields]
   */
  log(level, message, fields) {
    this.#host.notify("log", { level, message, ...given({ fields }) });
  }

  /**
   * Asks the person behind the caller to fill in a form: params and answer as MCP's elicitation/create has them.
   * @param {Record<string, unknown>} params
   * @returns {Promise<any>}
   */
  async elicit(params) {
    return (await this.ask("call/elicit", { params })).answer;
  }

  /**
   * Asks the caller's model to say something: params and answer as MCP's sampling/createMessage has them.
   * @param {Record<string, unknown>} params
   * @returns {Promise<any>}
   */
  async sample(params) {
    return (await this.ask("call/sample", { params })).answer;
  }

  /**
   * Asks several things at once; the answers in that order.
   * @param {{ key: string, method: string, params: Record<string, unknown> }[]} questions
   * @returns {Promise<any[]>}
   */
  async askCaller(questions) {
    return (await this.ask("call/ask", { questions })).answers;
  }

  /**
   * A request of the pack protocol on behalf of this run; what the methods above are made of.
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {((said: any) => void) | undefined} heard gets the notifications that belong to it
   * @returns {Promise<any>}
   */
  async ask(method, params, heard = undefined) {
    return this.#host.ask(method, { in: this.#id, ...params }, heard);
  }
}

/** One call. */
export class ToolContext extends Run {
  /** @param {Host} host @param {any} params @param {Record<string, any>} config */
  constructor(host, params, config) {
    const around = params.context;
    super(host, params.receipt_id, around, config);
    /** @type {string} */ this.receiptId = params.receipt_id;
    /** @type {string} */ this.tool = params.tool;
    /** @type {Record<string, any>[]} */ this.scopes = params.scopes; // what the sandbox lets this call reach
    /** @type {number} */ this.deadlineMs = params.deadline_ms; // from when the call was sent
    /** @type {string} */ this.subject = around.subject;
    /** @type {string | undefined} */ this.task = around.task;
    /** @type {string | undefined} */ this.session = around.session;
    /** @type {string | undefined} */ this.idempotencyKey = around.idempotency_key;
  }
}

/** One delivery of an event. */
export class HandlerContext extends Run {
  /** @param {Host} host @param {any} params @param {Record<string, any>} config */
  constructor(host, params, config) {
    super(host, params.delivery_id, params.context ?? {}, config);
    /** @type {string} */ this.deliveryId = params.delivery_id; // the same for every attempt
    /** @type {number} */ this.attempt = params.attempt; // 1 for the first
  }
}

/**
 * @param {string} kind
 * @param {Record<string, Json>} payload
 * @param {string | undefined} idempotencyKey
 * @param {string | undefined} timestamp
 */
function emission(kind, payload, idempotencyKey, timestamp) {
  const at = timestamp === undefined ? undefined : normalizedTimestamp(timestamp);
  return given({ kind, payload, idempotency_key: idempotencyKey, timestamp: at });
}

/** @param {Record<string, unknown>} members */
function given(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function firstUlid() {
  return ulidText((BigInt(Date.now()) << 80n) | BigInt(`0x${randomBytes(10).toString("hex")}`));
}

/** @param {bigint} number */
function ulidText(number) {
  let text = "";
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += BASE32.charAt(Number((number >> shift) & 31n));
  return text;
}
