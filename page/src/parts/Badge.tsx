// A word about a state, in its colour; the word says it all without the colour.
import type { ReactNode } from "react";
import style from "./Badge.module.css";

export type Tone = "ok" | "warn" | "bad" | "info" | "quiet";

export function Badge({ tone, children, dot = false }: { tone: Tone; children: ReactNode; dot?: boolean }) {
  return (
    <span className={style.badge} data-tone={tone}>
      {dot && <span className={style.dot} aria-hidden />}
      {children}
    </span>
  );
}

const tones: Record<string, Tone> = {
  success: "ok", done: "ok", completed: "ok", complete: "ok", reply: "ok", accepted: "ok", clean: "ok", active: "ok", resolved: "ok", approve: "ok",
  failure: "bad", failed: "bad", denied: "bad", refused: "bad", crashed: "bad", timeout: "bad", aborted: "bad", revoked: "bad", needs_recovery: "bad", error: "bad", deny: "bad",
  pending: "warn", partial: "warn", stopped: "warn", expired: "warn", escalate: "warn", cancelled: "quiet",
  running: "info", queued: "info", delivered: "info", tool_request: "info",
};

export function toneOf(state: string): Tone {
  return tones[state] ?? "quiet";
}

export function State({ of }: { of: string }) {
  return <Badge tone={toneOf(of)}>{of.replaceAll("_", " ")}</Badge>;
}
