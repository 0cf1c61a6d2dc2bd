// This browser's looks, the conductor's accounts and tickets, whom it tells, and its own head.
import { Button, SegmentedControl, Tabs, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { conductor, mayAct } from "../api/conductor";
import { useSession, useWho } from "../api/session";
import { Facts } from "../parts/Facts";
import { Copied } from "../parts/Json";
import { Page } from "../parts/Page";
import { Answer } from "../parts/states";
import { Moment } from "../parts/Time";
import { Hooks } from "./settings/Hooks";
import { Operators } from "./settings/Operators";
import { Card } from "./settings/parts";
import { Tickets } from "./settings/Tickets";
import { Told } from "./Told";
import style from "./SettingsPage.module.css";

const { api } = conductor;

function SettingsPage() {
  const { role, local } = useWho();
  const admin = mayAct(role, "admin");
  const tabs = [
    { at: "you", name: "You", page: <You /> },
    ...(admin ? [{ at: "workspaces", name: "Tickets", page: <Tickets /> }, { at: "operators", name: "Operators", page: <Operators /> }, { at: "hooks", name: "Notifications", page: <Hooks /> }] : []),
    { at: "own", name: local ? "Journal" : "Conductor", page: <Own of={local ? "The workspace's journal" : "The conductor's own log"} /> },
  ];
  return (
    <Page title="Settings">
      <Tabs defaultValue="you" keepMounted={false}>
        <Tabs.List mb="lg">
          {tabs.map(({ at, name }) => (
            <Tabs.Tab key={at} value={at}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ at, page }) => (
          <Tabs.Panel key={at} value={at}>
            {page}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
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
      {who.local === undefined && (
        <Card title="Approvals while you are away">
          <Told />
        </Card>
      )}
      <Card title="Your session">
        <Facts facts={[["Name", who.name], ["Role", who.role], ["Over", <Moment key="o" at={who.expiresAt} />], ["Times are", Intl.DateTimeFormat().resolvedOptions().timeZone]]} />
        <Button variant="default" onClick={() => void signOut()}>
          Sign out
        </Button>
      </Card>
    </div>
  );
}

function Own({ of }: { of: string }) {
  const head = useQuery({ queryKey: ["head"], queryFn: () => conductor.told(api.GET("/v2/head")) });
  return (
    <div className={style.cards}>
      <Card title={of}>
        <Answer asked={head} what="The head">
          {(one) => (
            <>
              <Facts facts={[["Entries", one.size.toLocaleString()], ["Origin", <code key="o">{one.origin}</code>], ["Its key", <code key="k">{one.public_key}</code>], ["Witness key", one.witness_key && <code key="w">{one.witness_key}</code>]]} />
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
