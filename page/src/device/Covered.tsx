// Whether what is signed is what is shown, in words and in its colour.
import { Alert } from "@mantine/core";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import style from "./Covered.module.css";
import type { Examined } from "./examine";

interface Props {
  examined: Examined | undefined;
  /** What this page then does not do. */
  refused: string;
  /** The command that shows all of it where it lies. */
  command: string;
}

export function Covered({ examined, refused, command }: Props) {
  if (examined === undefined) return null;
  if (examined.holds) {
    return (
      <p className={style.covered}>
        <ShieldCheck size={16} aria-hidden />
        <span>This is exactly what is decided: its digest was computed here, and is the one that is signed.</span>
      </p>
    );
  }
  return (
    <Alert color="red" icon={<ShieldAlert size={18} />} title={refused} role="alert">
      <ul className={style.why}>
        {examined.why.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      Look at it in the workspace, and decide there: <code>{command}</code>
    </Alert>
  );
}
