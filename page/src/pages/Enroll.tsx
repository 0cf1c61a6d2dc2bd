// What a one-time link opens, on a phone or in a browser: it makes a key here and asks the workspace to pin it.
import { Alert, Button, TextInput } from "@mantine/core";
import { CircleCheck, CircleX, KeyRound } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useSession } from "../api/session";
import { begin, canHaveKey, invitationOf } from "../device/ask";
import { everyDevice, useRequests } from "../device/store";
import { Waiting } from "../device/Waiting";
import { Refused } from "../parts/Refused";
import { Empty, Loading } from "../parts/states";
import { Privileges } from "./Devices";
import style from "./SignIn.module.css";

type End = { state: "accepted"; workspace: string; scope: string } | { state: "refused"; workspace: string };

// In this tab alone, and until it was used: the page may be loaded anew.
const keptAs = "lumenflow.invitation";

function Enroll({ query }: { query: string }) {
  const [, go] = useLocation();
  const { session, goOnAs } = useSession();
  const requests = useRequests();
  const [invitation] = useState(() => invitationOf(query === "" ? (sessionStorage.getItem(keptAs) ?? "") : query));
  const [name, setName] = useState(invitation?.name ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [end, setEnd] = useState<End>();
  useEffect(() => {
    document.title = "Add this device · LumenFlow";
    // The ticket is good once, and need not stand in the address or its history.
    if (query === "") return;
    if (invitationOf(query)) sessionStorage.setItem(keptAs, query);
    history.replaceState(null, "", "#/enroll");
  }, [query]);

  const asked = requests?.find((one) => invitation === undefined || one.deviceId === invitation.deviceId);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (invitation === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      await begin({ ...invitation, name: name.trim() });
      sessionStorage.removeItem(keptAs);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const goOn = async () => {
    const device = (await everyDevice()).find((one) => one.workspace === end?.workspace);
    try {
      if (!session && device !== undefined) await goOnAs(device);
      go("/approvals");
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <main className={style.ground}>
      <section className={`${style.card} lf-card`} style={{ maxWidth: 460 }} aria-label="Add this device">
        <img src="/icon.svg" alt="" width={44} height={44} />
        <h1>{end?.state === "accepted" ? "This device counts now" : "Add this device"}</h1>
        <Refused error={error} />
        {end?.state === "accepted" ? (
          <>
            <p>
              <CircleCheck size={16} aria-hidden /> {end.workspace} has pinned its key. It may:
            </p>
            <Privileges scope={end.scope} />
            <Button onClick={() => void goOn()}>To the approvals</Button>
          </>
        ) : end?.state === "refused" ? (
          <Empty icon={CircleX} title="It was refused">
            {end.workspace} did not accept this device. Its key counts nowhere; a new link asks anew.
          </Empty>
        ) : requests === undefined ? (
          <Loading what="this browser's keys" />
        ) : asked !== undefined ? (
          <Waiting asked={asked} accepted={(scope) => setEnd({ state: "accepted", workspace: asked.workspace, scope })} refused={() => setEnd({ state: "refused", workspace: asked.workspace })} />
        ) : invitation === undefined ? (
          <Empty icon={KeyRound} title="A link is missing">
            Ask for one on the page under Devices, or in the workspace: <code>lumenflow device add --name "My phone"</code>
          </Empty>
        ) : !canHaveKey() ? (
          <Alert color="red" title="No key can be made here">
            A browser makes keys only over https, or on the machine itself. Open the link at the conductor's https address.
          </Alert>
        ) : (
          <form onSubmit={(event) => void submit(event)}>
            <p>
              A key is made in this browser and cannot leave it. <strong>{invitation.workspace}</strong> is asked to pin it; then this device approves, denies and consents in your name.
            </p>
            <TextInput label="Its name" description="It stands in the record beside every decision" placeholder="Ana's Pixel" required maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} my="md" />
            <Button type="submit" loading={busy} fullWidth leftSection={<KeyRound size={16} />}>
              Make a key and ask
            </Button>
          </form>
        )}
      </section>
    </main>
  );
}

export default Enroll;
