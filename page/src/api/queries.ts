// What is asked of the conductor, how often, and under which keys it is kept.
import { QueryClient, useQuery } from "@tanstack/react-query";
import { conductor, Problem } from "./conductor";
import { share } from "./exact";

const { api } = conductor;

// A page that is seen asks again; one that is hidden does not. What is refused is not asked a second time.
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      structuralSharing: share,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 2 && (!(error instanceof Problem) || error.httpStatus === 0 || error.httpStatus >= 500),
    },
  },
});

const often = { refetchInterval: 4_000 };

export function useFleet() {
  return useQuery({
    queryKey: ["workspaces"],
    queryFn: async () => {
      const items = [];
      for (let after: string | undefined; ; ) {
        const page = await conductor.told(api.GET("/v2/workspaces", { params: { query: { limit: 1000, ...(after ? { after } : {}) } } }));
        items.push(...page.items);
        if (page.next === null || page.next === undefined) return items;
        after = page.next;
      }
    },
    ...often,
  });
}

export function useWorkspace(id: string) {
  return useQuery({
    queryKey: ["workspace", id],
    queryFn: () => conductor.told(api.GET("/v2/workspaces/{id}", { params: { path: { id } } })),
    ...often,
  });
}

export function useTools(id: string) {
  return useQuery({ queryKey: ["tools", id], queryFn: () => conductor.tools(id), staleTime: 15_000 });
}

export function useApprovals(id: string, state?: "pending") {
  return useQuery({ queryKey: ["approvals", id, state ?? "all"], queryFn: () => conductor.approvals(id, state), ...often });
}

export function usePendingApprovals(ids: string[]) {
  return useQuery({
    queryKey: ["pending", ids],
    queryFn: async () => (await Promise.all(ids.map((id) => conductor.approvals(id, "pending")))).flat(),
    enabled: ids.length > 0,
    ...often,
  });
}
