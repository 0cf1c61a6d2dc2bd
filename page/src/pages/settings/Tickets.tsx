import { Alert, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, conductor } from "../../api/conductor";
import { State } from "../../parts/Badge";
import { Copied } from "../../parts/Json";
import { Ago } from "../../parts/Time";
import style from "../SettingsPage.module.css";
import { Making, Rows, useKept } from "./parts";

export function Tickets() {
  const [workspace, setWorkspace] = useState("");
  const { list, making, removing } = useKept("tickets", {
    list: () => conductor.told(api.GET("/v2/tickets")),
    make: (id: string) => conductor.told(api.POST("/v2/tickets", { body: { kind: "workspace", ...(id === "" ? {} : { workspace_id: id }) } })),
    remove: (id) => conductor.told(api.DELETE("/v2/tickets/{ticket_id}", { params: { path: { ticket_id: id } } })),
  });
  const command = making.data ? `lumenflow enroll --conductor ${making.data.conductor_url} --ticket ${making.data.ticket}` : "";
  return (
    <div className={style.cards}>
      <Making
        title="Let a workspace in"
        does="Make a ticket"
        made={making}
        submit={() => making.mutate(workspace.trim())}
        inLine
        then={
          making.data && (
            <Alert color="green" title="In the workspace, once, within ten minutes">
              <div className={style.code}>
                <code>{command}</code>
                <Copied text={command} />
              </div>
            </Alert>
          )
        }
      >
        <TextInput label="Its id" description="Empty: any workspace" placeholder="ws-42" value={workspace} onChange={(event) => setWorkspace(event.currentTarget.value)} />
      </Making>
      <Rows
        title="Tickets"
        none="No ticket"
        list={list}
        idOf={(one) => one.ticket_id}
        removes={(one) => (one.state === "open" ? `Withdraw ticket ${one.ticket_id}` : undefined)}
        removing={removing}
        row={(one) => (
          <>
            <code>{one.ticket_id}</code> <State of={one.state} /> {one.kind}
            {one.workspace_id ? ` for ${one.workspace_id}` : ""}, by {one.by}, over <Ago at={one.expires_at} />
          </>
        )}
      />
    </div>
  );
}
