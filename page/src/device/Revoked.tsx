// Said where something was about to be signed.
import { Alert } from "@mantine/core";
import { ShieldAlert } from "lucide-react";
import { visible } from "../parts/odd";

export function Revoked({ of }: { of: ReadonlySet<string> }) {
  if (of.size === 0) return null;
  return (
    <Alert color="red" icon={<ShieldAlert size={18} />} title="This device counts no more" role="alert" mt="md">
      {[...of].map(visible).join(", ")} has revoked the key of this browser. What it signs is refused; it has to be added anew.
    </Alert>
  );
}
