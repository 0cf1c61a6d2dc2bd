// The phones and browsers that may act on workspaces: inviting one, with what it would get, and taking it back.
import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Laptop, Plus, Smartphone } from "lucide-react";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { Link } from "wouter";
import { newKey } from "../api/calls";
import { conductor, mayAct, type Schemas } from "../api/conductor";
import { useFleet } from "../api/queries";
import { useWho } from "../api/session";
import { ThisBrowser } from "../device/ThisBrowser";
import { State } from "../parts/Badge";
import { Dialog } from "../parts/Dialog";
import { Copied } from "../parts/Json";
import { visible } from "../parts/odd";
import { Page } from "../parts/Page";
import { Refused } from "../parts/Refused";
import { Said } from "../parts/Said";
import { Answer, Empty } from "../parts/states";
import { Ago } from "../parts/Time";
import style from "./Devices.module.css";

type Device = Schemas["Device"];
const { api } = conductor;

// What a device gets that is invited here: looking, approving and denying (decision 0041).
const byDefault = "tools:read events:read approvals:read approvals:decide";

// What a scope lets a device do, as people say it.
const words: Record<string, string> = {
  "tools:read": "call tools that only read",
  "tools:write": "call tools that change something",
  "tools:admin": "call tools that administer",
  workspace: "call tools that read and change, and follow the events",
  "events:read": "follow the events",
  "approvals:read": "see what waits for an approval",
  "approvals:decide": "approve and deny",
  "recovery:confirm": "consent to recoveries",
  "audit:read": "read the record",
  "control:stop": "stop, and let go on",
  "metrics:read": "read the figures",
  "agent:execute-turn": "have agents take turns",
};

export function Privileges({ scope }: { scope: string }) {
  return (
    <ul className={style.scopes}>
      {scope.split(" ").filter(Boolean).map((one) => (
        <li key={one}>
          <code>{one}</code> {words[one] ?? words[one.split(":").slice(0, 2).join(":")] ?? ""}
        </li>
      ))}
    </ul>
  );
}

function Devices() {
  const { role } = useWho();
  const admin = mayAct(role, "admin");
  const fleet = useFleet();
  const devices = useQuery({ queryKey: ["devices"], queryFn: () => conductor.told(api.GET("/v2/devices")), enabled: admin, refetchInterval: 5_000 });
  const [inviting, setInviting] = useState(false);
  const [revoking, setRevoking] = useState<Device>();
  const ids = (fleet.data ?? []).filter((one) => one.state === "active").map((one) => one.workspace_id);
  return (
    <Page
      title="Devices"
      lead="Phones and browsers with a key of their own. A workspace pins the key; what a device signs counts there whoever carries it."
      actions={
        admin && (
          <Button leftSection={<Plus size={16} />} onClick={() => setInviting(true)} disabled={ids.length === 0}>
            Add a device
          </Button>
        )
      }
    >
      <ThisBrowser workspaces={ids} />
      {!admin ? (
        <Alert color="gray" title="The list is an admin's">
          Your role here is {role}.
        </Alert>
      ) : (
        <Answer asked={devices} what="The devices">
          {({ items }) =>
            items.length === 0 ? (
              <div className="lf-card">
                <Empty icon={Smartphone} title="No device yet">
                  Add a phone with a QR code, or make this browser a device. Its owner then approves, denies and recovers from there.
                </Empty>
              </div>
            ) : (
              <ul className={style.list}>
                {items.map((device) => (
                  <li key={`${device.workspace_id} ${device.device_id}`} className="lf-card">
                    <Laptop size={20} aria-hidden className={style.icon} />
                    <div className={style.what}>
                      <strong><Said text={device.name} /></strong> <State of={device.state} />
                      <p>
                        {device.workspace_id} · asked <Ago at={device.created_at} />
                        {device.revoked_at && (
                          <>
                            {" "}
                            · revoked <Ago at={device.revoked_at} />
                          </>
                        )}
                      </p>
                      {device.scope && <Privileges scope={device.scope} />}
                      {device.state === "pending" && (
                        <p>
                          It waits in the workspace: compare its thumbprint in <Link href="/approvals">Approvals</Link>, or there by <code>lumenflow approvals list</code>.
                        </p>
                      )}
                    </div>
                    {device.state !== "revoked" && device.state !== "refused" && (
                      <Button size="xs" variant="light" color="red" onClick={() => setRevoking(device)}>
                        Revoke…
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      )}
      {inviting && <Invite workspaces={ids} close={() => setInviting(false)} />}
      {revoking && <Revoke device={revoking} close={() => setRevoking(undefined)} />}
    </Page>
  );
}

function Invite({ workspaces, close }: { workspaces: string[]; close: () => void }) {
  const [workspace, setWorkspace] = useState<string | null>(workspaces[0] ?? null);
  const [name, setName] = useState("");
  const made = useMutation({
    mutationFn: async () => {
      const ticket = await conductor.told(api.POST("/v2/tickets", { body: { kind: "device", workspace_id: workspace ?? "" } }));
      // As `lumenflow device add` writes it; what stands behind # is never sent.
      const given = new URLSearchParams({ workspace: workspace ?? "", device: newKey().replace("page-", "dev-").slice(0, 20), ticket: ticket.ticket, name });
      return { link: `${ticket.conductor_url}/#/enroll?${given}`, expires: ticket.expires_at };
    },
  });
  return (
    <Dialog opened onClose={close} title="Add a device" size="md">
      {made.data ? (
        <div className={style.invite}>
          <div className={style.code}>
            <QRCodeSVG value={made.data.link} size={232} marginSize={2} title="The link, as a QR code" />
          </div>
          <p>
            Open it with the device. It is good once, and over <Ago at={made.data.expires} />.
          </p>
          <div className={style.link}>
            <code>{made.data.link}</code>
            <Copied text={made.data.link} what="Copy the link" />
          </div>
          <Alert color="indigo" variant="light" title="Then the workspace decides">
            The device makes a key of its own and asks. The request waits in Approvals with its thumbprint and with what it would get: whoever has a
            pinned key compares and approves. To give more or less, invite it there: <code>lumenflow device add --name "{name || "Pixel"}" --scope "…"</code>
          </Alert>
          <Button variant="default" onClick={close}>
            Done
          </Button>
        </div>
      ) : (
        <form
          className={style.invite}
          onSubmit={(event) => {
            event.preventDefault();
            made.mutate();
          }}
        >
          <Select label="Workspace" data={workspaces} value={workspace} onChange={setWorkspace} allowDeselect={false} />
          <TextInput label="Its name" placeholder="Ana's Pixel" required maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
          <div>
            <strong>What it would be given</strong>
            <Privileges scope={byDefault} />
          </div>
          <Refused error={made.error} />
          <Button type="submit" loading={made.isPending} disabled={workspace === null}>
            Make a QR code
          </Button>
        </form>
      )}
    </Dialog>
  );
}

function Revoke({ device, close }: { device: Device; close: () => void }) {
  const kept = useQueryClient();
  const revoked = useMutation({
    mutationFn: () => conductor.told(api.DELETE("/v2/devices/{workspace_id}/{device_id}", { params: { path: { workspace_id: device.workspace_id, device_id: device.device_id } } })),
    onSuccess: async () => {
      await kept.invalidateQueries({ queryKey: ["devices"] });
      close();
    },
  });
  return (
    <Dialog opened onClose={close} title={`Revoke ${visible(device.name ?? "")}?`}>
      <p>
        It takes effect within a second, also for what it follows now. What it asked for and has not begun is refused. Its key counts no more in {device.workspace_id}, and the device has to be added anew.
      </p>
      <Refused error={revoked.error} />
      <div className={style.buttons}>
        <Button color="red" loading={revoked.isPending} onClick={() => revoked.mutate()} data-autofocus>
          Revoke for good
        </Button>
        <Button variant="default" onClick={close}>
          Keep it
        </Button>
      </div>
    </Dialog>
  );
}

export default Devices;
