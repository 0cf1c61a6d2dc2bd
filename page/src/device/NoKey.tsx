// What cannot be decided from here, and how it can be.
import { Alert, Button } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { Link } from "wouter";
import { useWho } from "../api/session";

export function NoKey({ what }: { what: string }) {
  const { local } = useWho();
  if (local !== undefined) {
    return (
      <Alert color="indigo" variant="light" icon={<KeyRound size={18} />} title={`This page cannot ${what}`}>
        The operator key of {local.workspace} is locked. Decide at the console (<code>lumenflow approvals list</code>), or start with <code>lumenflow up --ui --passphrase-file FILE</code>
      </Alert>
    );
  }
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
