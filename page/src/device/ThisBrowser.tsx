// Which workspaces have pinned a key of this browser.
import { KeyRound } from "lucide-react";
import { Badge } from "../parts/Badge";
import { useSigners } from "./store";
import style from "./ThisBrowser.module.css";

export function ThisBrowser({ workspaces }: { workspaces: string[] }) {
  const signers = useSigners();
  const known = workspaces.filter((id) => signers.has(id));
  return (
    <section className={`${style.card} lf-card`} aria-label="This browser">
      <KeyRound size={20} aria-hidden />
      <div>
        <strong>This browser</strong>{" "}
        {known.length > 0 ? <Badge tone="ok">can decide in {known.join(", ")}</Badge> : <Badge tone="quiet">no key yet</Badge>}
        <p>
          {known.length > 0
            ? "Its key was made here and cannot leave: decisions in those workspaces are signed by it."
            : "It looks, calls tools and stops; it cannot approve, recover or let go on. Add it as a device with a link that is opened here."}
        </p>
      </div>
    </section>
  );
}
