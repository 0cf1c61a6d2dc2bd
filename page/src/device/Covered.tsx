// Whether what is signed is what is shown: its digest, computed here.
import { useQuery } from "@tanstack/react-query";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import style from "./Covered.module.css";
import { covers } from "./digest";

interface Props {
  /** What is shown. */
  shown: unknown;
  digest: string;
  /** The command that shows all of it where it lies. */
  command: string;
}

export function Covered({ shown, digest, command }: Props) {
  const { data: holds } = useQuery({ queryKey: ["covers", digest, shown], queryFn: () => covers(shown, digest), staleTime: Number.POSITIVE_INFINITY });
  if (holds === undefined) return null;
  const Icon = holds ? ShieldCheck : ShieldAlert;
  return (
    <p className={style.covered} data-good={holds}>
      <Icon size={16} aria-hidden />
      {holds ? (
        <span>This is exactly what is decided: its digest was computed here, and is the one that is signed.</span>
      ) : (
        <span>
          Not all of it is shown, or it was changed: secrets are left out, so the digest cannot be checked here. Look at it in the workspace: <code>{command}</code>
        </span>
      )}
    </p>
  );
}
