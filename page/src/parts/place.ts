// Which workspace is looked at: the one in the address, else the one that was looked at last.
import { useEffect, useState } from "react";

const key = "lumenflow.workspace";

function kept(): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // storage is forbidden: nothing is remembered
  }
}

export function usePlace(path: string): { workspace: string | undefined; remember: (id: string) => void } {
  const named = /^\/w\/([^/]+)/.exec(path)?.[1];
  const [last, setLast] = useState(kept);
  const remember = (id: string) => {
    setLast(id);
    try {
      localStorage.setItem(key, id);
    } catch {
      // as above
    }
  };
  const workspace = named === undefined ? last : decodeURIComponent(named);
  useEffect(() => {
    if (named !== undefined) remember(decodeURIComponent(named));
  }, [named]);
  return { workspace, remember };
}
