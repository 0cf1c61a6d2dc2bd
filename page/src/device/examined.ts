// What was found of each thing that waits for a decision; it is looked at once, as it came, and again when it comes otherwise.
import { useEffect, useReducer } from "react";
import type { Examined } from "./examine";

// By the object that is shown itself: a name or a digest would be the conductor's word again.
const known = new WeakMap<object, Examined>();

/** undefined: not yet. */
export function useExamined<Item extends object>(items: Item[], examine: (item: Item) => Promise<Examined>): (item: Item) => Examined | undefined {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let gone = false;
    const fresh = items.filter((item) => !known.has(item));
    if (fresh.length === 0) return undefined;
    const look = async (item: Item) => known.set(item, await examine(item));
    void Promise.all(fresh.map(look)).then(() => gone || again());
    return () => {
      gone = true;
    };
  });
  return (item) => known.get(item);
}
