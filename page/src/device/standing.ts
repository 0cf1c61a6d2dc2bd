// Whether the key of this browser still counts, asked while something is being decided with it. An operator's session says nothing of that: it
// goes on when the device is revoked.
import { useQueries } from "@tanstack/react-query";
import { Problem } from "../api/conductor";
import { queries } from "../api/queries";
import { asDevice } from "./client";
import { type Signer, useSigners } from "./store";

// The workspace itself has said so; the conductor may not know it yet.
const refused = new Set<string>();
const clients = new Map<string, ReturnType<typeof asDevice>>();

function isOver(error: unknown): boolean {
  return error instanceof Problem && (error.code === "UNAUTHENTICATED" || error.code === "TOKEN_REVOKED");
}

/** Of a decision that a workspace did not take (`settled`); what the conductor itself answers may be about the session. */
export function heard(signer: Signer | undefined, error: unknown): void {
  if (signer === undefined || !isOver(error) || (error as Problem).httpStatus !== 409) return;
  refused.add(signer.subject);
  void queries.invalidateQueries({ queryKey: ["standing", signer.subject] });
}

// A token once; then whether it still counts.
async function counts(workspace: string, signer: Signer): Promise<boolean> {
  const { subject } = signer;
  if (refused.has(subject)) return false;
  try {
    let asking = clients.get(subject);
    if (asking === undefined) clients.set(subject, (asking = asDevice(workspace, signer)));
    const { client } = await asking;
    await client.told(client.api.GET("/v2/head"));
    return true;
  } catch (error) {
    clients.delete(subject);
    return !isOver(error);
  }
}

/** Those of the workspaces in which the key of this browser counts no more. */
export function useRevoked(workspaces: string[]): ReadonlySet<string> {
  const signers = useSigners();
  const own = [...new Set(workspaces)].filter((id) => signers.has(id));
  return useQueries({
    queries: own.map((id) => ({ queryKey: ["standing", signers.get(id)?.subject], queryFn: () => counts(id, signers.get(id) as Signer), refetchInterval: 3_000, staleTime: 0 })),
    combine: (answers) => new Set(own.filter((_, index) => answers[index]?.data === false)),
  });
}
