import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { useSession } from "../api/session";
import { Refused } from "../parts/Refused";
import style from "./SignIn.module.css";

export function SignIn() {
  const { signIn } = useSession();
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    document.title = "Sign in · LumenFlow";
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(name, passphrase);
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <main className={style.ground}>
      <form className={`${style.card} lf-card`} onSubmit={(event) => void submit(event)}>
        <img src="/icon.svg" alt="" width={44} height={44} />
        <h1>Sign in to LumenFlow</h1>
        <p>Watch and drive the workspaces of this conductor.</p>
        <Refused error={error} />
        <TextInput label="Name" autoComplete="username" required value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        <PasswordInput label="Passphrase" autoComplete="current-password" required value={passphrase} onChange={(event) => setPassphrase(event.currentTarget.value)} />
        <Button type="submit" loading={busy} fullWidth mt={6}>
          Sign in
        </Button>
        <small>
          The first account is made on the conductor's machine: <code>lumenflow conductor init-admin --name NAME</code>
        </small>
      </form>
    </main>
  );
}

/** Where one workspace serves the page: one comes in with a link. */
export function LinkNeeded({ error }: { error?: unknown }) {
  useEffect(() => {
    document.title = "Sign in · LumenFlow";
  }, []);
  return (
    <main className={style.ground}>
      <section className={`${style.card} lf-card`} aria-label="Sign in">
        <img src="/icon.svg" alt="" width={44} height={44} />
        <h1>Sign in with a link</h1>
        <Refused error={error} />
        <p>
          <code>lumenflow up --ui</code> prints a link that signs one browser in, once. Another one, while it runs: <code>lumenflow ui</code>
        </p>
      </section>
    </main>
  );
}
