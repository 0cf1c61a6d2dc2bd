// How much happened in a workspace within the last hour, from the events that the conductor has of it.
import { useQuery } from "@tanstack/react-query";
import { rowOf } from "../live/timeline";
import { toneOfEvent } from "../live/words";
import { conductor, type Schemas } from "./conductor";

export interface Activity {
  /** Beginnings of minutes, in seconds of the epoch. */
  minutes: number[];
  all: number[];
  bad: number[];
  count: number;
  faults: number;
  /** Nothing was left out for being too much. */
  whole: boolean;
}

type Item = Schemas["EventItem"];
const minutes = 60;
const readBack = 8_000; // positions, which all workspaces share
const pagesMax = 4;

export function activityOf(items: Item[], now: number, whole: boolean): Activity {
  const first = Math.floor(now / 60_000) - minutes + 1;
  const all = new Array<number>(minutes).fill(0);
  const bad = new Array<number>(minutes).fill(0);
  for (const item of items) {
    const row = rowOf(item);
    const at = Math.floor(Date.parse(row.at) / 60_000) - first;
    if (!(at >= 0 && at < minutes)) continue;
    all[at] = (all[at] ?? 0) + 1;
    if (toneOfEvent(row) === "bad") bad[at] = (bad[at] ?? 0) + 1;
  }
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  return { minutes: all.map((_, index) => (first + index) * 60), all, bad, count: sum(all), faults: sum(bad), whole };
}

export function useActivity(id: string, enabled = true) {
  return useQuery({
    queryKey: ["activity", id],
    enabled,
    refetchInterval: 30_000,
    staleTime: 20_000,
    queryFn: async () => {
      const { size } = await conductor.told(conductor.api.GET("/v2/head"));
      const items: Item[] = [];
      let after: number | null = Math.max(0, size - readBack);
      const began = after;
      for (let page = 0; after !== null && page < pagesMax; ++page) {
        const answer: Schemas["EventPage"] = (await conductor.told(
          conductor.api.GET("/v2/workspaces/{id}/events", { params: { path: { id }, query: { after, limit: 1000 } } }),
        )) as Schemas["EventPage"];
        items.push(...answer.items);
        after = answer.next ?? null;
      }
      const now = Date.now();
      const oldest = items.map((item) => Date.parse(rowOf(item).at)).find((at) => at > 0) ?? now;
      return activityOf(items, now, after === null && (began === 0 || oldest < now - minutes * 60_000));
    },
  });
}
