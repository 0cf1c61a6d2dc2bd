// A host in memory, for a pack's own tests: the store, the events and the replay log, without LumenFlow.
//
// It keeps to what the real one promises: what a run writes and emits counts when the run succeeds, or not at all; a key
// stands for one event; an event is applied once. It knows no manifest, so `lumenflow pack test` stays the judge of that.

import { canonical } from "./canonical.js";
import { HostError, PackError } from "./errors.js";
import { buildKernelEventV2 } from "./kernel_event.js";

/** @typedef {import("./kernel_event.js").KernelEvent} KernelEvent */

/** Calls a pack's tools and delivers events to it. `store` and `events` are there to be looked at. */
export class MemoryHost {
  /** @type {Map<string, any>} */ store = new Map();
  /** @type {KernelEvent[]} */ events = []; // what was emitted, as buildKernelEventV2 makes it, in order
  /** @type {{ method: string, params: Record<string, unknown> }[]} */ logged = [];
  now = "2026-03-01T12:00:00.000Z";
  #pack;
  #config;
  /** @type {Map<string, KernelEvent>} */ #keys = new Map();
  /** @type {Set<string>} */ #handled = new Set();
  /** @type {Map<string, any>} */ #written = new Map(); // by the run at hand; undefined: deleted
  /** @type {KernelEvent[]} */ #held = [];
  #runs = 0;

  /** @param {import("./pack.js").Pack} pack @param {Record<string, any>} [config] */
  constructor(pack, config = {}) {
    this.#pack = pack;
    this.#config = config;
  }

  /**
   * The Result: { success, data } or { success, error }.
   * @param {string} tool
   * @param {Record<string, unknown>} input
   * @param {{ subject?: string }} options
   * @returns {Promise<{ success: boolean, data?: any, error?: { code: string, message: string, details?: unknown } }>}
   */
  async call(tool, input, { subject = "ws-test" } = {}) {
    const params = {
      receipt_id: this.#begin("rcpt"), tool, input, scopes: [], deadline_ms: 30_000, context: { subject, ...this.#readings() },
    };
    try {
      const result = await this.#pack.call(this, params, this.#config);
      if (result.success) this.#commit();
      return result;
    } catch (fault) {
      if (!(fault instanceof PackError)) throw fault;
      return { success: false, error: { code: fault.code, message: fault.reason } };
    }
  }

  /**
   * Applies an event, e.g. what buildKernelEventV2 made. False when it was applied before.
   * @param {{ kind: string, event_id: string, timestamp: string, payload: any, from?: string }} event
   */
  async deliver({ kind, event_id, timestamp, payload, from = "ws-test" }) {
    const event = { kind, event_id, timestamp, from, channel: "sidecar", seq: this.#runs + 1, payload };
    const seen = JSON.stringify([kind, this.#pack.replayKeyOf(event)?.key ?? event_id]);
    if (this.#handled.has(seen)) return false;
    const params = { delivery_id: this.#begin("dlv"), attempt: 1, event, context: this.#readings() };
    await this.#pack.handle(this, params, this.#config);
    this.#handled.add(seen);
    this.#commit();
    return true;
  }

  // What contexts ask of a host.

  /** @param {string} method @param {any} params @returns {Promise<any>} */
  async ask(method, params) {
    switch (method) {
      case "store/get": return { value: structuredClone(this.#seen().get(params.key) ?? null) };
      case "store/put": return this.#put(params.key, params.value);
      case "store/delete": this.#written.set(params.key, undefined); return {};
      case "store/scan": return this.#scan(params);
      case "event/emit": return this.#emit(params);
      case "replay_log/has": return { has: this.#handled.has(JSON.stringify([params.kind, params.replay_key])) };
      default: throw new HostError("METHOD_NOT_ALLOWED", `MemoryHost does not offer ${method}`);
    }
  }

  /** @param {string} method @param {Record<string, unknown>} params */
  notify(method, params) {
    this.logged.push({ method, params });
  }

  onProgramLine() {} // no program runs here

  signalOf() {
    return new AbortController().signal;
  }

  /** @param {string} prefix */
  #begin(prefix) {
    this.#runs += 1;
    for (const [key, event] of this.#keys) if (this.#held.includes(event)) this.#keys.delete(key);
    this.#written.clear();
    this.#held = [];
    return `${prefix}-${this.#runs}`;
  }

  #readings() {
    return { now: this.now, ulid: `01J9ZK3M7Q${String(this.#runs).padStart(8, "0")}00000000` };
  }

  #commit() {
    this.store = this.#seen();
    this.events.push(...this.#held);
    this.#written.clear();
    this.#held = [];
  }

  #seen() {
    return new Map([...this.store, ...this.#written].filter(([, value]) => value !== undefined && value !== null));
  }

  /** @param {string} key @param {unknown} value */
  #put(key, value) {
    const bytes = Buffer.byteLength(key);
    if (bytes < 1 || bytes > 512) throw new HostError("INVALID_INPUT", "a key has 1 to 512 bytes");
    canonical(value); // refuses what is no JSON
    this.#written.set(key, structuredClone(value));
    return {};
  }

  /** @param {{ prefix: string, after?: string, limit?: number }} params */
  #scan({ prefix, after = "", limit = 100 }) {
    const keys = [...this.#seen().keys()].filter((key) => key.startsWith(prefix)
      && (after === "" || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0));
    keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const items = keys.slice(0, limit).map((key) => ({ key, value: structuredClone(this.#seen().get(key)) }));
    return keys.length > limit ? { items, next: keys[limit - 1] } : { items };
  }

  /** @param {any} params */
  #emit(params) {
    const { kind, payload, idempotency_key: idempotencyKey, timestamp = this.now } = params;
    const event = buildKernelEventV2(kind, structuredClone(payload), { idempotencyKey, timestamp });
    const key = JSON.stringify([kind, idempotencyKey]);
    const first = idempotencyKey === undefined ? undefined : this.#keys.get(key);
    if (first !== undefined && canonical(first.payload) !== canonical(payload)) {
      throw new HostError("IDEMPOTENCY_CONFLICT", `the key ${idempotencyKey} of ${kind} stands for another payload`);
    }
    if (first === undefined) {
      if (idempotencyKey !== undefined) this.#keys.set(key, event);
      (params.with_result ? this.#held : this.events).push(event);
    }
    if (params.with_result) return {};
    const stands = first ?? event;
    const at = this.events.indexOf(stands);
    return { event_id: stands.event_id, timestamp: stands.timestamp, seq: (at < 0 ? this.events.length : at) + 1 };
  }
}
