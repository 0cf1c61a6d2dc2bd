import { PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, conductor, type Schemas } from "../../api/conductor";
import { Badge } from "../../parts/Badge";
import { Ago } from "../../parts/Time";
import style from "../SettingsPage.module.css";
import { Making, Rows, useKept } from "./parts";

export function Hooks() {
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState("");
  const { list, making, removing } = useKept("hooks", {
    list: () => conductor.told(api.GET("/v2/hooks")),
    make: (body: Schemas["NewWebhook"]) => conductor.told(api.POST("/v2/webhooks", { body })),
    remove: (id) => conductor.told(api.DELETE("/v2/hooks/{hook_id}", { params: { path: { hook_id: id } } })),
  });
  const empty = () => {
    setUrl("");
    setSecret("");
  };
  return (
    <div className={style.cards}>
      <Making title="Tell a URL of approvals" does="Add" made={making} submit={() => making.mutate({ url, secret }, { onSuccess: empty })}>
        <TextInput label="URL" type="url" required placeholder="https://chat.example/hooks/lumenflow" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
        <PasswordInput label="Secret" description="What is sent is signed with it (Standard Webhooks)" required value={secret} onChange={(event) => setSecret(event.currentTarget.value)} autoComplete="off" />
      </Making>
      <Rows
        title="Who is told"
        none="Nobody yet"
        list={list}
        idOf={(one) => one.hook_id}
        removes={(one) => `Remove ${one.url}`}
        removing={removing}
        row={(one) => (
          <>
            <Badge tone="quiet">{one.kind}</Badge> {one.url} {one.workspace_id && `for ${one.workspace_id}`}{" "}
            <span className={style.dim}>
              by {one.by}, <Ago at={one.created_at} />
            </span>
          </>
        )}
      />
    </div>
  );
}
