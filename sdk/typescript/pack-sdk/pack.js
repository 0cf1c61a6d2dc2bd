// A pack: what its code registers, which must be what its manifest declares (LF1031, LF1033).

import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { HandlerContext, ToolContext } from "./context.js";
import { PackError, ToolError } from "./errors.js";
import { serve } from "./process.js";

/**
 * @typedef {import("./context.js").Host} Host
 * @typedef {import("./context.js").Event} Event
 * @typedef {(context: ToolContext, input: any) => unknown} Tool answers the tool's data, any JSON that matches its
 *   output_schema, or a ToolOutput. It throws ToolError for its own refusals; any other exception counts as a crash.
 * @typedef {(context: HandlerContext, event: Event) => unknown} Handler what it throws lets the delivery be tried again
 * @typedef {"applied" | "not_applied" | "unknown"} Status
 * @typedef {{ status: Status, data?: unknown }} Aftermath
 */

/** What a tool answers when its data has parts for a model to read beside it, as MCP has them. */
export class ToolOutput {
  /** @param {unknown} data @param {Record<string, unknown>[]} content [{ type: "text", text: "…" }, …] */
  constructor(data, content) {
    this.data = data;
    this.content = content;
  }
}

export class Pack {
  /** @type {Map<string, Tool>} */ #tools = new Map();
  /** @type {Map<string, { apply: Handler, replayKey?: ((event: Event) => string) | undefined }>} */ #handlers = new Map();
  /** @type {((receiptId: string) => Aftermath | Promise<Aftermath>) | undefined} */ #status;

  /** @param {string} name @param {Tool} run */
  tool(name, run) {
    if (this.#tools.has(name)) throw new Error(`the tool ${name} is registered twice`);
    this.#tools.set(name, run);
  }

  /**
   * For a kind that the manifest subscribes to. Either called twice with one event it leaves the same state
   * (`idempotent`), or `replayKey(event)` says what makes two events the same: equal keys are applied once. The key is a
   * function of the event alone.
   * @param {string} kind
   * @param {{ idempotent: true } | { replayKey: (event: Event) => string }} traits
   * @param {Handler} apply
   */
  handler(kind, traits, apply) {
    const replayKey = "replayKey" in traits ? traits.replayKey : undefined;
    if (("idempotent" in traits && traits.idempotent) === (replayKey !== undefined)) {
      throw new Error(`the handler of ${kind} needs either a replayKey or idempotent: true`);
    }
    if (this.#handlers.has(kind)) throw new Error(`two handlers for ${kind}`);
    this.#handlers.set(kind, { apply, replayKey });
  }

  /**
   * Says what became of a call that a crash cut off; `data` is what the tool would have answered.
   * @param {(receiptId: string) => Aftermath | Promise<Aftermath>} status
   */
  status(status) {
    this.#status = status;
  }

  /** Serves the pack protocol on stdin and stdout until the host is done. What the pack prints goes to stderr. */
  async run() {
    await serve(this);
  }

  /**
   * The same when this module is the program that Node runs, and nothing when a test imports it.
   * @param {string} moduleUrl import.meta.url
   */
  async runAsMain(moduleUrl) {
    const program = process.argv[1];
    if (program !== undefined && realpathSync(program) === realpathSync(fileURLToPath(moduleUrl))) await this.run();
  }

  // What follows answers the host's requests; `host` is where the run's own requests go.

  /**
   * tool/call: the Result, without metadata.
   * @param {Host} host
   * @param {any} params
   * @param {Record<string, any>} config
   */
  async call(host, params, config) {
    const run = this.#tools.get(params.tool);
    if (run === undefined) throw new PackError("TOOL_NOT_FOUND", `this pack's code has no tool ${params.tool}`);
    try {
      const said = await run(new ToolContext(host, params, config), params.input);
      if (said instanceof ToolOutput) return { success: true, data: said.data, content: said.content };
      return { success: true, data: said };
    } catch (refusal) {
      if (!(refusal instanceof ToolError)) throw refusal;
      return { success: false, error: { code: refusal.code, message: refusal.reason, details: refusal.details } };
    }
  }

  /**
   * event/handle.
   * @param {Host} host
   * @param {any} params
   * @param {Record<string, any>} config
   */
  async handle(host, params, config) {
    await this.#handlerOf(params.event).apply(new HandlerContext(host, params, config), params.event);
    return {};
  }

  /**
   * event/replay_key; null for a handler without one.
   * @param {Event} event
   */
  replayKeyOf(event) {
    const { replayKey } = this.#handlerOf(event);
    if (replayKey === undefined) return null;
    const key = replayKey(event);
    if (typeof key === "string" && key !== "") return { key };
    throw new PackError("INVALID_OUTPUT",
      `the replay key of ${event.kind} must be a string that is not empty, not ${JSON.stringify(key)}`);
  }

  /**
   * tool/status.
   * @param {string} receiptId
   */
  async aftermath(receiptId) {
    if (this.#status === undefined) throw new PackError("METHOD_NOT_ALLOWED", "this pack has no tool/status");
    const { status, data } = await this.#status(receiptId);
    return status === "applied" ? { status, result: { success: true, data } } : { status };
  }

  /** What pack/initialize answers beside the version. */
  description() {
    const handlers = [...this.#handlers].map(([kind, { replayKey }]) => (
      { kind, idempotent: replayKey === undefined, replay_key: replayKey !== undefined }));
    return { tools: [...this.#tools.keys()], handlers, offers: this.#status === undefined ? [] : ["tool/status"] };
  }

  /** @param {Event} event */
  #handlerOf(event) {
    const handler = this.#handlers.get(event.kind);
    if (handler === undefined) throw new PackError("NOT_FOUND", `this pack's code has no handler for ${event.kind}`);
    return handler;
  }
}
