// This browser's looks, the conductor's accounts and tickets, whom it tells, and its own head.
import { ActionIcon, Alert, Button, PasswordInput, SegmentedControl, Select, Tabs, TextInput, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { conductor, mayAct, type Role, type Schemas, told } from "../api/conductor";
import { useSession, useWho } from "../api/session";
import { Badge, State } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Copied } from "../parts/Json";
import { Page } from "../parts/Page";
import { Answer, Empty } from "../parts/states";
import { Ago, Moment } from "../parts/Time";
import { Told } from "./Told";
import style from "./SettingsPage.module.css";

const { api } = conductor;

function SettingsPage() {
  const { role } = useWho();
  const admin = mayAct(role, "admin");
  return (
    <Page title="Settings">
      <Tabs defaultValue="you" keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="you">You</Tabs.Tab>
          {admin && <Tabs.Tab value="workspaces">Tickets</Tabs.Tab>}
          {admin && <Tabs.Tab value="operators">Operators</Tabs.Tab>}
          {admin && <Tabs.Tab value="hooks">Notifications</Tabs.Tab>}
          <Tabs.Tab value="conductor">Conductor</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="you">
          <You />
        </Tabs.Panel>
        <Tabs.Panel value="workspaces">
          <Tickets />
        </Tabs.Panel>
        <Tabs.Panel value="operators">
          <Operators />
        </Tabs.Panel>
        <Tabs.Panel value="hooks">
          <Hooks />
        </Tabs.Panel>
        <Tabs.Panel value="conductor">
          <Own />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={`${style.card} lf-card`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function You() {
  const who = useWho();
  const { signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const looks = [
    { value: "auto", label: "As the system" },
    { value: "light", label: "Light" },
    { value: "dark", label: "Dark" },
  ];
  return (
    <div className={style.cards}>
      <Card title="Looks">
        <SegmentedControl value={colorScheme} onChange={(value) => setColorScheme(value as "auto" | "light" | "dark")} aria-label="Looks" data={looks} />
      </Card>
      <Card title="Approvals while you are away">
        <Told />
      </Card>
      <Card title="Your session">
        <Facts facts={[["Name", who.name], ["Role", who.role], ["Over", <Moment key="o" at={who.expiresAt} />], ["Times are", Intl.DateTimeFormat().resolvedOptions().timeZone]]} />
        <Button variant="default" onClick={() => void signOut()}>
          Sign out
        </Button>
      </Card>
    </div>
  );
}

// One form that makes something, and says so when it could not.
function useMaking<Input, Output>(make: (input: Input) => Promise<Output>, key: string) {
  const kept = useQueryClient();
  return useMutation({ mutationFn: make, onSuccess: () => kept.invalidateQueries({ queryKey: [key] }) });
}

function Refusal({ of: { isError, error } }: { of: { isError: boolean; error: unknown } }) {
  return isError ? (
    <Alert color="red" title={told(error).code} role="alert">
      {told(error).message}
    </Alert>
  ) : null;
}

function Tickets() {
  const tickets = useQuery({ queryKey: ["tickets"], queryFn: () => conductor.told(api.GET("/v2/tickets")) });
  const [workspace, setWorkspace] = useState("");
  const making = useMaking((id: string) => conductor.told(api.POST("/v2/tickets", { body: { kind: "workspace", ...(id === "" ? {} : { workspace_id: id }) } })), "tickets");
  const removing = useMaking((id: string) => conductor.told(api.DELETE("/v2/tickets/{ticket_id}", { params: { path: { ticket_id: id } } })), "tickets");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate(workspace.trim());
  };
  const command = making.data ? `lumenflow enroll --conductor ${making.data.conductor_url} --ticket ${making.data.ticket}` : "";
  return (
    <div className={style.cards}>
      <Card title="Let a workspace in">
        <form className={style.line} onSubmit={submit}>
          <TextInput label="Its id" description="Empty: any workspace" placeholder="ws-42" value={workspace} onChange={(event) => setWorkspace(event.currentTarget.value)} />
          <Button type="submit" leftSection={<Plus size={16} />} loading={making.isPending}>
            Make a ticket
          </Button>
        </form>
        <Refusal of={making} />
        {making.data && (
          <Alert color="green" title="In the workspace, once, within ten minutes">
            <div className={style.code}>
              <code>{command}</code>
              <Copied text={command} />
            </div>
          </Alert>
        )}
      </Card>
      <Card title="Tickets">
        <Answer asked={tickets} what="The tickets">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No ticket" />
            ) : (
              <ul className={style.rows}>
                {items.map((one) => (
                  <li key={one.ticket_id}>
                    <span>
                      <code>{one.ticket_id}</code> <State of={one.state} /> {one.kind}
                      {one.workspace_id ? ` for ${one.workspace_id}` : ""}, by {one.by}, over <Ago at={one.expires_at} />
                    </span>
                    {one.state === "open" && (
                      <ActionIcon variant="subtle" color="red" aria-label={`Withdraw ticket ${one.ticket_id}`} onClick={() => removing.mutate(one.ticket_id)}>
                        <Trash2 size={16} />
                      </ActionIcon>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </Card>
    </div>
  );
}

function Operators() {
  const who = useWho();
  const operators = useQuery({ queryKey: ["operators"], queryFn: () => conductor.told(api.GET("/v2/operators")) });
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const adding = useMaking((body: Schemas["NewOperator"]) => conductor.told(api.POST("/v2/operators", { body })), "operators");
  const removing = useMaking((gone: string) => conductor.told(api.DELETE("/v2/operators/{name}", { params: { path: { name: gone } } })), "operators");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate({ name, passphrase, role }, { onSuccess: () => { setName(""); setPassphrase(""); } });
  };
  return (
    <div className={style.cards}>
      <Card title="Add an operator">
        <form className={style.form} onSubmit={submit}>
          <TextInput label="Name" required autoComplete="off" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordInput label="Passphrase" description="They can be told another way" required autoComplete="new-password" value={passphrase} onChange={(event) => setPassphrase(event.currentTarget.value)} />
          <Select label="Role" data={[{ value: "viewer", label: "viewer: looks" }, { value: "operator", label: "operator: also asks" }, { value: "admin", label: "admin: also keeps accounts, tickets and devices" }]} value={role} onChange={(value) => setRole((value ?? "viewer") as Role)} allowDeselect={false} />
          <Refusal of={adding} />
          <Button type="submit" loading={adding.isPending}>
            Add
          </Button>
        </form>
      </Card>
      <Card title="Operators">
        <Answer asked={operators} what="The operators">
          {({ items }) => (
            <ul className={style.rows}>
              {items.map((one) => (
                <li key={one.name}>
                  <span>
                    <strong>{one.name}</strong> <Badge tone={one.role === "admin" ? "info" : "quiet"}>{one.role}</Badge> {one.created_at && <Ago at={one.created_at} />}
                  </span>
                  {one.name !== who.name && (
                    <ActionIcon variant="subtle" color="red" aria-label={`Remove ${one.name}`} onClick={() => removing.mutate(one.name)}>
                      <Trash2 size={16} />
                    </ActionIcon>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Answer>
        <Refusal of={removing} />
      </Card>
    </div>
  );
}

function Hooks() {
  const hooks = useQuery({ queryKey: ["hooks"], queryFn: () => conductor.told(api.GET("/v2/hooks")) });
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const adding = useMaking((body: Schemas["NewWebhook"]) => conductor.told(api.POST("/v2/webhooks", { body })), "hooks");
  const removing = useMaking((id: string) => conductor.told(api.DELETE("/v2/hooks/{hook_id}", { params: { path: { hook_id: id } } })), "hooks");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate({ url, secret }, { onSuccess: () => { setUrl(""); setSecret(""); } });
  };
  return (
    <div className={style.cards}>
      <Card title="Tell a URL of approvals">
        <form className={style.form} onSubmit={submit}>
          <TextInput label="URL" type="url" required placeholder="https://chat.example/hooks/lumenflow" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
          <PasswordInput label="Secret" description="What is sent is signed with it (Standard Webhooks)" required value={secret} onChange={(event) => setSecret(event.currentTarget.value)} autoComplete="off" />
          <Refusal of={adding} />
          <Button type="submit" loading={adding.isPending}>
            Add
          </Button>
        </form>
      </Card>
      <Card title="Who is told">
        <Answer asked={hooks} what="The hooks">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nobody yet" />
            ) : (
              <ul className={style.rows}>
                {items.map((one) => (
                  <li key={one.hook_id}>
                    <span>
                      <Badge tone="quiet">{one.kind}</Badge> {one.url} {one.workspace_id && `for ${one.workspace_id}`} <span className={style.dim}>by {one.by}, <Ago at={one.created_at} /></span>
                    </span>
                    <ActionIcon variant="subtle" color="red" aria-label={`Remove ${one.url}`} onClick={() => removing.mutate(one.hook_id)}>
                      <Trash2 size={16} />
                    </ActionIcon>
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      </Card>
    </div>
  );
}

function Own() {
  const head = useQuery({ queryKey: ["head"], queryFn: () => conductor.told(api.GET("/v2/head")) });
  return (
    <div className={style.cards}>
      <Card title="The conductor's own log">
        <Answer asked={head} what="The head">
          {(one) => (
            <>
              <Facts facts={[["Entries", one.size.toLocaleString()], ["Origin", <code key="o">{one.origin}</code>], ["Its key", <code key="k">{one.public_key}</code>], ["Witness key", <code key="w">{one.witness_key}</code>]]} />
              <div className={style.code}>
                <pre tabIndex={0}>{one.checkpoint}</pre>
                <Copied text={one.checkpoint} what="Copy the head" />
              </div>
              <p className={style.dim}>Keep one now and then: a later log that does not contain it has been altered.</p>
            </>
          )}
        </Answer>
      </Card>
    </div>
  );
}

export default SettingsPage;
