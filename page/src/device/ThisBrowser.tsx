// Which workspaces have pinned a key of this browser, and how one more comes to.
import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { newKey } from "../api/calls";
import { api, conductor, mayAct } from "../api/conductor";
import { useWho } from "../api/session";
import { Badge } from "../parts/Badge";
import { Refused } from "../parts/Refused";
import { begin, canHaveKey } from "./ask";
import { forget, useRequests, useSigners } from "./store";
import style from "./ThisBrowser.module.css";
import { Waiting } from "./Waiting";

export function ThisBrowser({ workspaces }: { workspaces: string[] }) {
  const signers = useSigners();
  const requests = useRequests() ?? [];
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState<string>();
  const { role, workspace } = useWho();
  const known = workspaces.filter((id) => signers.has(id));
  const free = workspaces.filter((id) => !signers.has(id) && !requests.some((one) => one.workspace === id));
  return (
    <section className={`${style.card} lf-card`} aria-label="This browser">
      <KeyRound size={20} aria-hidden />
      <div className={style.body}>
        <strong>This browser</strong>{" "}
        {known.length > 0 ? <Badge tone="ok">can decide in {known.join(", ")}</Badge> : <Badge tone="quiet">no key yet</Badge>}
        <p>
          {known.length > 0
            ? "Its key was made here and cannot leave: decisions in those workspaces are signed by it."
            : "It looks, calls tools and stops; it cannot approve, recover or let go on."}
        </p>
        {requests.map((asked) => (
          <Waiting key={asked.deviceId} asked={asked} accepted={() => setRefused(undefined)} refused={() => setRefused(asked.workspace)} />
        ))}
        {refused !== undefined && (
          <Alert color="red" title="It was refused" withCloseButton onClose={() => setRefused(undefined)}>
            {refused} did not accept this browser.
          </Alert>
        )}
        {workspace === undefined && free.length > 0 && !open && <Offer admin={mayAct(role, "admin")} open={() => setOpen(true)} />}
        {open && <Asking workspaces={free} close={() => setOpen(false)} />}
        {known.map((id) => (
          <Button key={id} size="compact-xs" variant="subtle" color="red" onClick={() => void forget(id)}>
            Forget the key for {id}
          </Button>
        ))}
      </div>
    </section>
  );
}

function Offer({ admin, open }: { admin: boolean; open: () => void }) {
  if (!canHaveKey()) return <p>A key can be made only over https, or on the machine itself.</p>;
  if (!admin) {
    return (
      <p>
        To make it a device, ask for a link and open it here: an admin makes one, or the workspace does: <code>lumenflow device add --name "My laptop"</code>
      </p>
    );
  }
  return (
    <Button size="xs" mt="sm" leftSection={<KeyRound size={14} />} onClick={open}>
      Make this browser a device
    </Button>
  );
}

function Asking({ workspaces, close }: { workspaces: string[]; close: () => void }) {
  const [workspace, setWorkspace] = useState<string | null>(workspaces[0] ?? null);
  const [name, setName] = useState("");
  const asking = useMutation({
    mutationFn: async (id: string) => {
      const { ticket } = await conductor.told(api.POST("/v2/tickets", { body: { kind: "device", workspace_id: id } }));
      return begin({ workspace: id, deviceId: newKey().replace("page-", "browser-").slice(0, 24), ticket, name: name.trim() });
    },
    onSuccess: close,
  });
  return (
    <form
      className={style.asking}
      onSubmit={(event) => {
        event.preventDefault();
        if (workspace !== null) asking.mutate(workspace);
      }}
    >
      <Select label="Workspace" data={workspaces} value={workspace} onChange={setWorkspace} allowDeselect={false} />
      <TextInput label="What to call this browser" placeholder="Ana's laptop" required maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
      <Refused error={asking.error} />
      <div className={style.buttons}>
        <Button type="submit" size="xs" loading={asking.isPending}>
          Make a key and ask
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          Not now
        </Button>
      </div>
    </form>
  );
}
