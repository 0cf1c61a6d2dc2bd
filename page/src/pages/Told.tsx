// Whether this browser is told of approvals while nobody looks.
import { Alert, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff } from "lucide-react";
import { told } from "../api/conductor";
import { beSilent, beTold, canBeTold, isTold } from "../pwa";

export function Told() {
  const kept = useQueryClient();
  const { data: on } = useQuery({ queryKey: ["push"], queryFn: isTold });
  const change = useMutation({ mutationFn: () => (on ? beSilent() : beTold()), onSettled: () => kept.invalidateQueries({ queryKey: ["push"] }) });
  if (!canBeTold()) return <p>This browser cannot be told: it needs https, and on an iPhone the page among the apps (Share, Add to Home Screen).</p>;
  return (
    <>
      <p>{on ? "It is told when a call waits for approval, also while the page is closed." : "Be told when a call waits for approval, also while the page is closed."}</p>
      {change.isError && <Alert color="red" mb="sm">{told(change.error).message}</Alert>}
      <Button variant="default" leftSection={on ? <BellOff size={16} /> : <Bell size={16} />} loading={change.isPending} onClick={() => change.mutate()}>
        {on ? "Be silent" : "Notify this browser"}
      </Button>
    </>
  );
}
