// The live timeline of a workspace: a page of the past, then everything as it comes; what a disconnection hid is fetched and
// counted. Told to React as one snapshot a frame at most.
import { conductor, Problem, type Schemas, told } from "../api/conductor";
import { Ring } from "./ring";

export type TimelineState = "loading" | "live" | "reconnecting" | "ended";

export interface Row {
  /** Counts up; React's key. */
  id: number;
  event: Schemas["EventItem"];
  kind: string;
  at: string;
  /** What is searched, in small letters. */
  text: string;
}

export interface Snapshot {
  version: number;
  state: TimelineState;
  /** How many came while nobody was connected, and were fetched afterwards. */
  caughtUp: number;
  perSecond: number;
  error?: { code: string; message: string };
}

export function rowOf(event: Schemas["EventItem"]): Row {
  const kind = "kind" in event ? String(event.kind) : String((event as { type?: string }).type ?? "mark");
  const at = "timestamp" in event ? String(event.timestamp) : "";
  return { id: event.position, event, kind, at, text: JSON.stringify(event).toLowerCase() };
}

const capacity = 10_000;
const past = 500;
const frameMs = 100;

export class Timeline {
  readonly ring = new Ring<Row>(capacity);
  private snapshot: Snapshot = { version: 0, state: "loading", caughtUp: 0, perSecond: 0 };
  private readonly listeners = new Set<() => void>();
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private counted = 0;
  private arrivals: number[] = []; // of the last seconds, a count for each
  private lastCount = Date.now();
  private reconnectedAt = 0;

  constructor(readonly workspace: string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = (): Snapshot => this.snapshot;

  start(): void {
    void this.run();
  }

  stop(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    try {
      const after = await this.recent();
      this.change({ state: "live" });
      const { signal } = this.abort;
      for await (const event of conductor.follow(this.workspace, { after, signal, onState: (state) => this.connected(state) })) this.take(event);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.change({ state: error instanceof Problem && error.code === "UNREACHABLE" ? "reconnecting" : "ended", error: told(error) });
      // Before the first answer nobody else tries again.
      if (error instanceof Problem && error.httpStatus === 0) this.timer = setTimeout(() => this.start(), 1500);
    }
  }

  /** The last ones before now; answers the position to go on from. */
  private async recent(): Promise<number> {
    const { api } = conductor;
    const id = this.workspace;
    const page = (after: number, limit: number): Promise<Schemas["EventPage"]> =>
      conductor.told(api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { after, limit } } })) as Promise<Schemas["EventPage"]>;
    // Positions are the conductor's own, shared by all workspaces: look back further until there is enough.
    const { size } = await conductor.told(api.GET("/v2/head"));
    for (let back = past; ; back *= 8) {
      const from = Math.max(0, size - back);
      let items: Schemas["EventItem"][] = [];
      let next: number | null = from;
      while (next !== null) {
        const answer: Schemas["EventPage"] = await page(next, 1000);
        items = items.concat(answer.items).slice(-past);
        next = answer.next ?? null;
      }
      if (items.length >= past || from === 0 || back > past * 64) {
        for (const item of items) this.put(item);
        return items.at(-1)?.position ?? size;
      }
    }
  }

  private connected(state: "open" | "waiting"): void {
    const reconnecting = state === "waiting";
    if (!reconnecting && this.snapshot.state === "reconnecting") this.reconnectedAt = Date.now();
    this.change({ state: reconnecting ? "reconnecting" : "live", ...(reconnecting ? { caughtUp: 0 } : {}) });
  }

  private take(event: Schemas["EventItem"]): void {
    this.put(event);
    this.counted += 1;
    // What was emitted before the connection came back is what was missed.
    if (this.reconnectedAt > 0 && "emitted_at" in event && Date.parse(event.emitted_at as string) < this.reconnectedAt) {
      this.snapshot = { ...this.snapshot, caughtUp: this.snapshot.caughtUp + 1 };
    }
    this.soon();
  }

  private put(event: Schemas["EventItem"]): void {
    this.ring.push(rowOf(event));
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.change({});
    }, frameMs);
  }

  private change(changes: Partial<Snapshot>): void {
    const now = Date.now();
    if (now - this.lastCount >= 1000) {
      this.arrivals = [...this.arrivals.slice(-4), (this.counted * 1000) / (now - this.lastCount)];
      this.counted = 0;
      this.lastCount = now;
      if (this.arrivals.some((count) => count > 0)) this.soon();
    }
    const perSecond = this.arrivals.length === 0 ? 0 : this.arrivals.reduce((sum, count) => sum + count, 0) / this.arrivals.length;
    this.snapshot = { ...this.snapshot, ...changes, perSecond, version: this.snapshot.version + 1 };
    for (const listener of this.listeners) listener();
  }
}
