// What a workspace is asked about itself: a read-only tool of its kernel, called over the conductor like any other.
import { useQuery } from "@tanstack/react-query";
import { conductor, Problem, signer } from "./conductor";

export async function ask<Data>(workspace: string, tool: string, input: { [name: string]: unknown }, signal?: AbortSignal): Promise<Data> {
  const outcome = await conductor.call(workspace, tool, input, { ...signer(), ...(signal === undefined ? {} : { signal }) });
  const result = outcome.result as { success?: boolean; data?: unknown; error?: { code: string; message: string } } | undefined;
  const error = outcome.error ?? result?.error;
  if (outcome.state !== "done" || result?.success === false || error) throw new Problem(error?.code ?? outcome.state.toUpperCase(), error?.message ?? `the workspace did not answer: ${outcome.state}`, 409, outcome);
  return result?.data as Data;
}

/** Each answer is a call in the workspace's record, so it is asked when somebody looks, not again and again. */
export function useAsked<Data>(workspace: string, tool: string, input: { [name: string]: unknown }, { enabled = true, again = false }: { enabled?: boolean; again?: number | false } = {}) {
  return useQuery({
    queryKey: ["asked", workspace, tool, input],
    queryFn: ({ signal }) => ask<Data>(workspace, tool, input, signal),
    enabled,
    refetchInterval: again,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
    retry: false,
  });
}
