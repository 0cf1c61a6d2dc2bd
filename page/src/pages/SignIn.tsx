import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { told } from "../api/conductor";
import { useSession } from "../api/session";
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
        {error !== undefined && (
          <Alert color="red" variant="light" role="alert">
            {told(error).message}
          </Alert>
        )}
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
