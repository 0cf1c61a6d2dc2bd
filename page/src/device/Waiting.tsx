// This browser has asked to be pinned: its thumbprint, for whoever approves to compare, until the workspace has decided.
import { Button, Loader } from "@mantine/core";
import { DeviceKey } from "@lumenflow/conductor-sdk";
import { useEffect, useState } from "react";
import { Refused } from "../parts/Refused";
import { decision as decided } from "./ask";
import { type Asked, forgetRequest, keep } from "./store";
import style from "./Waiting.module.css";

interface Props {
  asked: Asked;
  accepted: (scope: string) => void;
  refused: () => void;
}

export function Waiting({ asked, accepted, refused }: Props) {
  const [thumbprint, setThumbprint] = useState("");
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    void DeviceKey.of(asked.pair).thumbprint().then(setThumbprint);
  }, [asked.pair]);
  useEffect(() => {
    const abort = new AbortController();
    const { workspace, deviceId, name, pair } = asked;
    decided(asked, abort.signal).then(
      async (decision) => {
        if (abort.signal.aborted) return;
        const scope = decision.scope ?? "";
        if (decision.state === "accepted") {
          await keep({ workspace, deviceId, name, scope, pair });
          accepted(scope);
        } else {
          refused();
        }
        await forgetRequest(workspace);
      },
      (thrown) => abort.signal.aborted || setError(thrown),
    );
    return () => abort.abort();
    // `accepted` and `refused` are what the page does then; the question is the same.
  }, [asked.deviceId, attempt]);
  return (
    <section className={style.waiting} aria-live="polite">
      <p className={style.line}>
        {error === undefined && <Loader size="xs" />} {error === undefined ? "Waits for" : "This was not asked of"} <strong>{asked.workspace}</strong>: {error === undefined ? "that it accepts" : ""} “{asked.name}”
      </p>
      <div>
        <small>Thumbprint of its key</small>
        <code className={style.thumbprint}>{thumbprint}</code>
      </div>
      <p className={style.how}>
        Whoever approves compares it: on the page of a device that is already pinned, or in the workspace with <code>lumenflow approvals list</code> and{" "}
        <code>lumenflow approvals approve ID</code>. This page may be closed meanwhile.
      </p>
      <Refused error={error} />
      <div className={style.buttons}>
        {error !== undefined && (
          <Button size="xs" variant="default" onClick={() => { setError(undefined); setAttempt(attempt + 1); }}>
            Ask again
          </Button>
        )}
        <Button size="xs" variant="subtle" color="red" onClick={() => void forgetRequest(asked.workspace)}>
          Forget this request
        </Button>
      </div>
    </section>
  );
}
