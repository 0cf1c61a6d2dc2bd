// A typed client of a sidecar's tools over HTTP, by fetch and nothing else: browsers, Node 18 and later.
//
//   const sidekick = new Client({ url: "http://127.0.0.1:7420", token });
//   const { data, receiptId } = await sidekick.call("task:create", { title: "Water the plants" });
//   for await (const task of sidekick.items("task:list", { status: "pending" })) console.log(task.title);
//
// What is not an answer is thrown as a ToolFailure with a code.

import type { Tools } from "./types.js";

export * from "./types.js";

export type ToolName = keyof Tools & string;
export type RequestOf<Name extends ToolName> = Tools[Name]["request"];
export type ResponseOf<Name extends ToolName> = Tools[Name]["response"];

/** Tools that answer page by page, and what a page holds. */
export type PagedTool = {
  [Name in ToolName]: ResponseOf<Name> extends { items: unknown[] } ? Name : never;
}[ToolName];
export type ItemOf<Name extends PagedTool> = ResponseOf<Name> extends { items: (infer Item)[] } ? Item : never;

export interface ClientOptions {
  /** Scheme, host and port of the sidecar. */
  url: string;
  token: string;
  /** Of one request, until its answer has been read; 60 seconds unless given. */
  timeoutMs?: number;
  /** In place of the global fetch. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** The same key with the same request gives the recorded answer: a retry that cannot do it twice. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Reply<Data> {
  data: Data;
  receiptId: string;
  /** It answers an earlier call with this idempotency key. */
  replayed: boolean;
}

/** Why there is no answer. `code` is one of docs/reference/errors.md or the tool's own, such as NOT_FOUND. */
export class ToolFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** 0 when nothing was answered. */
    readonly httpStatus: number,
    /** Empty when no call was recorded. */
    readonly receiptId: string,
    readonly details: unknown,
  ) {
    super(message);
    this.name = "ToolFailure";
  }

  /** The same request may succeed later; send it with the same idempotency key. */
  get retryable(): boolean {
    return (this.httpStatus === 0 || this.httpStatus >= 400) && retryable.has(this.code);
  }
}

const retryable = new Set([
  "CONFLICT", "DRAINING", "IN_PROGRESS", "IO_ERROR", "JOURNAL_UNAVAILABLE", "OUTBOX_FULL", "RATE_LIMITED",
  "REQUEST_TIMEOUT", "UNREACHABLE", "WORKSPACE_LOCKED",
]);

type Document = { [name: string]: unknown };

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Document)[name] : undefined;
}

function text(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

/** The failure that a Result document (`error`) or a problem (the document itself) tells of. */
function failureOf(document: unknown, status: number): ToolFailure {
  const told = member(document, "error") ?? document;
  const receiptId = text(member(member(document, "metadata"), "receipt_id"), "");
  const message = text(member(told, "message"), text(member(told, "detail"), "no reason was given"));
  return new ToolFailure(text(member(told, "code"), "INTERNAL"), message, status, receiptId, member(told, "details"));
}

export class Client {
  private readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  /** A parked call fails with APPROVAL_REQUIRED and its receipt. */
  async call<Name extends ToolName>(tool: Name, request: RequestOf<Name>, options: CallOptions = {}): Promise<Reply<ResponseOf<Name>>> {
    const [response, body] = await this.post(`/tools/${encodeURIComponent(tool)}`, JSON.stringify(request), options);
    let document: unknown;
    try {
      document = JSON.parse(body);
    } catch {
      throw new ToolFailure("INVALID_OUTPUT", "the answer is no JSON", response.status, "", undefined);
    }
    const data = member(document, "data");
    if (response.status !== 200 || member(document, "success") !== true || typeof data !== "object" || data === null) {
      throw failureOf(document, response.status);
    }
    return {
      data: data as ResponseOf<Name>,
      receiptId: text(member(member(document, "metadata"), "receipt_id"), ""),
      replayed: response.headers.get("idempotent-replayed") === "true",
    };
  }

  /** Every item from the page that `request` asks for to the last. */
  async *items<Name extends PagedTool>(tool: Name, request: RequestOf<Name>, options: CallOptions = {}): AsyncGenerator<ItemOf<Name>, void, undefined> {
    let cursor: string | undefined;
    do {
      const asked = cursor === undefined ? request : { ...request, cursor };
      const { data } = await this.call(tool, asked, options);
      const page = data as unknown as { items: ItemOf<Name>[]; next_cursor?: string };
      yield* page.items;
      cursor = page.items.length === 0 ? undefined : page.next_cursor;
    } while (cursor !== undefined);
  }

  private async post(path: string, body: string, options: CallOptions): Promise<[Response, string]> {
    const headers: Record<string, string> = {
      "Authorization": `Bearer ${this.options.token}`,
      "Content-Type": "application/json; charset=utf-8",
    };
    if (options.idempotencyKey !== undefined) headers["Idempotency-Key"] = options.idempotencyKey;
    const stop = new AbortController();
    const giveUp = () => stop.abort();
    const timer = setTimeout(giveUp, this.options.timeoutMs ?? 60_000);
    options.signal?.addEventListener("abort", giveUp);
    if (options.signal?.aborted) giveUp();
    try {
      const response = await (this.options.fetch ?? fetch)(this.options.url.replace(/\/+$/, "") + path, {
        method: "POST", headers, body, signal: stop.signal, redirect: "error",
      });
      return [response, await response.text()];
    } catch (error) {
      if (options.signal?.aborted) throw new ToolFailure("CANCELLED", "the caller gave up", 0, "", undefined);
      const why = stop.signal.aborted ? "it took too long" : error instanceof Error ? error.message : String(error);
      throw new ToolFailure("UNREACHABLE", `no answer from ${this.options.url}: ${why}`, 0, "", undefined);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", giveUp);
    }
  }
}
