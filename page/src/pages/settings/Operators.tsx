import { PasswordInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, conductor, type Role, type Schemas } from "../../api/conductor";
import { useWho } from "../../api/session";
import { Badge } from "../../parts/Badge";
import { Ago } from "../../parts/Time";
import style from "../SettingsPage.module.css";
import { Making, Rows, useKept } from "./parts";

const roles = [
  { value: "viewer", label: "viewer: looks" },
  { value: "operator", label: "operator: also asks" },
  { value: "admin", label: "admin: also keeps accounts, tickets and devices" },
];

export function Operators() {
  const who = useWho();
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const { list, making, removing } = useKept("operators", {
    list: () => conductor.told(api.GET("/v2/operators")),
    make: (body: Schemas["NewOperator"]) => conductor.told(api.POST("/v2/operators", { body })),
    remove: (gone) => conductor.told(api.DELETE("/v2/operators/{name}", { params: { path: { name: gone } } })),
  });
  const empty = () => {
    setName("");
    setPassphrase("");
  };
  return (
    <div className={style.cards}>
      <Making title="Add an operator" does="Add" made={making} submit={() => making.mutate({ name, passphrase, role }, { onSuccess: empty })}>
        <TextInput label="Name" required autoComplete="off" value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <PasswordInput label="Passphrase" description="They can be told another way" required autoComplete="new-password" value={passphrase} onChange={(event) => setPassphrase(event.currentTarget.value)} />
        <Select label="Role" data={roles} value={role} onChange={(value) => setRole((value ?? "viewer") as Role)} allowDeselect={false} />
      </Making>
      <Rows
        title="Operators"
        none="Nobody"
        list={list}
        idOf={(one) => one.name}
        removes={(one) => (one.name === who.name ? undefined : `Remove ${one.name}`)}
        removing={removing}
        row={(one) => (
          <>
            <strong>{one.name}</strong> <Badge tone={one.role === "admin" ? "info" : "quiet"}>{one.role}</Badge> {one.created_at && <Ago at={one.created_at} />}
          </>
        )}
      />
    </div>
  );
}
