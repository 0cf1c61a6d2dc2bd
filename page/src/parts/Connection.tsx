// Whether the conductor is there, and whether it still hears the workspace whose page this is: what it tells may be old.
import type { Schemas } from "../api/conductor";
import { Badge } from "./Badge";
import style from "./Shell.module.css";
import { Ago } from "./Time";

interface Props {
  offline: boolean;
  /** Whose page it is, if somebody's. */
  of?: Schemas["Workspace"] | undefined;
}

export function Connection({ offline, of }: Props) {
  const silent = of?.state === "active" && of.connected === false && of.last_seen;
  return (
    <span role="status" className={style.connection}>
      {offline ? (
        <Badge tone="bad" dot>
          Disconnected
        </Badge>
      ) : silent ? (
        <Badge tone="warn" dot>
          Silent, heard <Ago at={of.last_seen} />
        </Badge>
      ) : (
        <Badge tone="ok" dot>
          Connected
        </Badge>
      )}
    </span>
  );
}
