// The pack protocol on stdin and stdout (docs/pack-protocol.md): one JSON-RPC 2.0 message a line.
//
// The host gives one thing at a time. While the pack's code waits for anything, the next line is read, so that a
// cancellation is seen; code that never waits is not interrupted.

import process from "node:process";

import { Cancelled, HostError, PackError } from "./errors.js";

const PROTOCOL = 1;

/** @type {Record<string, number>} */
const JSON_RPC = {
  MALFORMED_JSON: -32700, INVALID_REQUEST: -32600, TOOL_NOT_FOUND: -32601, METHOD_NOT_ALLOWED: -32601,
  INVALID_INPUT: -32602, CANCELLED: -32800,
};

/**
 * Until pack/shutdown or the end of stdin.
 * @param {import("./pack.js").Pack} pack
 */
export async function serve(pack) {
  const write = process.stdout.write.bind(process.stdout);
  // Whatever else is printed goes to stderr, where it does not disturb the protocol.
  process.stdout.write = /** @type {typeof process.stdout.write} */ (process.stderr.write.bind(process.stderr));
  process.stdout.on("error", () => {}); // the host is gone; the end of stdin says so too
  await new Session(pack, (line) => write(line)).run(process.stdin);
  process.stdin.destroy();
}

/** One conversation with a host. */
class Session {
  #pack;
  #write;
  /** @type {((message: any) => void) | undefined} */ #wake; // the loop that waits for a request
  /** @type {any[]} */ #requests = []; // null: the host is gone
  /** @type {Map<number, { resolve: (result: any) => void, reject: (fault: Error) => void,
                          heard: ((said: any) => void) | undefined }>} */ #asked = new Map();
  /** @type {Map<string, AbortController>} */ #runs = new Map();
  #lastId = 0;
  /** @type {Record<string, any> | undefined} */ #config;
  /** @type {Set<string>} */ #methods = new Set();
  #gone = false;
  /** @type {((stream: "output" | "errors", line: string) => void) | undefined} */ #programLine;

  /** @param {import("./pack.js").Pack} pack @param {(line: string) => unknown} write */
  constructor(pack, write) {
    this.#pack = pack;
    this.#write = write;
  }

  /** @param {NodeJS.ReadableStream} input */
  async run(input) {
    this.#read(input);
    for (;;) {
      const message = await this.#nextRequest();
      if (message === null) return;
      const answer = await this.#answerTo(message);
      this.#runs.clear();
      this.#write(answer);
      if (message.method === "pack/shutdown") return;
    }
  }

  // The host, as contexts use it.

  /**
   * `heard` gets the params of the notifications that belong to this request.
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {((said: any) => void) | undefined} heard
   */
  async ask(method, params, heard = undefined) {
    if (!this.#methods.has(method)) throw new HostError("METHOD_NOT_ALLOWED", `this host does not offer ${method}`);
    if (this.#gone) throw new Cancelled("the host is gone");
    if (this.signalOf(String(params["in"])).aborted) throw new Cancelled();
    const id = ++this.#lastId;
    const line = lineOf({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, heard });
      this.#write(line);
    });
  }

  /** @param {string} method @param {Record<string, unknown>} params */
  notify(method, params) {
    if (this.#methods.has(method)) this.#write(lineOf({ jsonrpc: "2.0", method, params }));
    else if (method === "log") process.stderr.write(`${params["level"]}: ${params["message"]}\n`);
  }

  /** @param {string} runId */
  signalOf(runId) {
    return this.#controllerOf(runId).signal;
  }

  /** @param {((stream: "output" | "errors", line: string) => void) | undefined} listener */
  onProgramLine(listener) {
    this.#programLine = listener;
  }

  // The wire.

  /** @param {NodeJS.ReadableStream} input */
  #read(input) {
    let rest = "";
    input.setEncoding("utf8");
    input.on("data", (/** @type {string} */ chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    input.on("end", () => {
      this.#gone = true;
      for (const { reject } of this.#asked.values()) reject(new Cancelled("the host is gone"));
      for (const controller of this.#runs.values()) controller.abort();
      this.#enqueue(null);
    });
  }

  /** @param {string} line */
  #take(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch (fault) {
      const error = errorOf(new PackError("MALFORMED_JSON", fault instanceof Error ? fault.message : String(fault)));
      this.#write(lineOf({ jsonrpc: "2.0", id: null, error }));
      return;
    }
    if (typeof message !== "object" || message === null) {
      this.#write(lineOf({ jsonrpc: "2.0", id: null, error: errorOf(new PackError("INVALID_REQUEST", "no object")) }));
    } else if (message.method === undefined) {
      this.#settle(message);
    } else if (message.id !== undefined) {
      this.#enqueue(message);
    } else if (message.method === "process/output") {
      this.#programLine?.(message.params.stream, message.params.line);
    } else if (message.method === "call/cancel") {
      for (const runId of Object.values(message.params ?? {})) this.#controllerOf(String(runId)).abort();
    } else if (message.method === "http/body") {
      this.#hear(message.params ?? {});
    }
  }

  /** @param {any} said */
  #hear(said) {
    const waiting = this.#asked.get(said.id);
    try {
      waiting?.heard?.(said);
    } catch (fault) {
      this.#asked.delete(said.id);
      waiting?.reject(fault instanceof Error ? fault : new Error(String(fault)));
    }
  }

  /** @param {any} answer */
  #settle(answer) {
    const waiting = this.#asked.get(answer.id);
    if (waiting === undefined) return;
    this.#asked.delete(answer.id);
    if (answer.error === undefined) {
      waiting.resolve(answer.result);
    } else {
      const { code = "INTERNAL", details } = answer.error.data ?? {};
      waiting.reject(new HostError(code, answer.error.message ?? "", details));
    }
  }

  /** @param {any} message */
  #enqueue(message) {
    this.#requests.push(message);
    this.#wake?.(undefined);
  }

  async #nextRequest() {
    while (this.#requests.length === 0) await new Promise((wake) => { this.#wake = wake; });
    return this.#requests.shift();
  }

  /** @param {string} runId */
  #controllerOf(runId) {
    let controller = this.#runs.get(runId);
    if (controller === undefined) {
      controller = new AbortController();
      this.#runs.set(runId, controller);
    }
    return controller;
  }

  /** @param {any} message */
  async #answerTo(message) {
    const head = { jsonrpc: "2.0", id: message.id };
    try {
      return lineOf({ ...head, result: await this.#execute(message.method, message.params ?? {}) });
    } catch (fault) {
      if (fault instanceof PackError) return lineOf({ ...head, error: errorOf(fault) });
      process.stderr.write(`${fault instanceof Error ? fault.stack : fault}\n`);
      return lineOf({ ...head, error: { code: -32603, message: String(fault) } });
    }
  }

  /** @param {string} method @param {any} params */
  async #execute(method, params) {
    if (method === "pack/initialize") return this.#initialize(params);
    if (method === "pack/shutdown") return {};
    if (this.#config === undefined) throw new PackError("INVALID_REQUEST", `${method} before pack/initialize`);
    if (method === "tool/call") return this.#pack.call(this, params, this.#config);
    if (method === "event/handle") return this.#pack.handle(this, params, this.#config);
    if (method === "tool/status") return this.#pack.aftermath(params.receipt_id);
    if (method !== "event/replay_key") throw new PackError("METHOD_NOT_ALLOWED", `this pack has no method ${method}`);
    const key = this.#pack.replayKeyOf(params.event);
    if (key === null) throw new PackError("INVALID_REQUEST", `the handler of ${params.event.kind} has no replay key`);
    return key;
  }

  /** @param {any} params */
  #initialize(params) {
    this.#config = params.config;
    this.#methods = new Set(params.host.methods);
    return { protocol: Math.min(PROTOCOL, params.protocol), ...this.#pack.description() };
  }
}

/** @param {Record<string, unknown>} message */
function lineOf(message) {
  return `${JSON.stringify(message)}\n`;
}

/** @param {PackError} fault */
function errorOf(fault) {
  return {
    code: JSON_RPC[fault.code] ?? -32000, message: fault.reason, data: { code: fault.code, details: fault.details },
  };
}
