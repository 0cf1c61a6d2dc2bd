// What this browser cannot do without a key of its own, and how it gets one.
import { Alert, Button } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { Link } from "wouter";

export function NoKey({ what }: { what: string }) {
  return (
    <Alert color="indigo" variant="light" icon={<KeyRound size={18} />} title={`This browser cannot ${what}`}>
      <p style={{ margin: "0 0 10px" }}>
        A decision counts when it is signed by a key that the workspace has pinned. The conductor has none: nobody who breaks into it can
        decide for you. Make this browser a device of the workspace, or decide there: <code>lumenflow approvals list</code>
      </p>
      <Button component={Link} href="/devices" size="xs" variant="light">
        Make this browser a device
      </Button>
    </Alert>
  );
}
