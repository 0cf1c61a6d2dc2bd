// Times in the viewer's zone, with the exact UTC on hover and for whoever reads it aloud.
import { useSyncExternalStore } from "react";

// One clock for all: it ticks once in ten seconds, whoever is looking.
let now = Date.now();
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const one of watchers) one();
  }, 10_000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];
// The words of the page are English; how dates and hours are written is the viewer's, where that is a kind of English, too.
const language = /^en\b/.test(globalThis.navigator?.language ?? "") ? navigator.language : "en-GB";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

export function relativeTime(at: number, from: number): string {
  const difference = at - from;
  for (const [unit, ms] of units) if (Math.abs(difference) >= ms) return relative.format(Math.trunc(difference / ms), unit);
  return difference > 5_000 ? "in under a minute" : "just now";
}

function utc(at: string): string {
  return at.replace("T", " ").replace("Z", " UTC");
}

export function Ago({ at }: { at: string | null | undefined }) {
  const from = useNow();
  if (!at) return <span>never</span>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={`${full.format(ms)}\n${utc(at)}`}>
      {relativeTime(ms, Math.max(from, Date.now()))}
    </time>
  );
}

/** Of a list of one day and the next: the time, and the day where it is not today. */
export function Clock({ at, ms: withMs = false }: { at: string; ms?: boolean }) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span>–</span>;
  const today = new Date(ms).toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={utc(at)}>
      {today ? "" : `${day.format(ms)} `}
      {clock.format(ms)}
      {withMs ? `.${String(ms % 1000).padStart(3, "0")}` : ""}
    </time>
  );
}

export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={utc(at)}>
      {full.format(Date.parse(at))}
    </time>
  );
}
