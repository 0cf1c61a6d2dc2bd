// Every tool of a workspace, and the one that is chosen: what it needs, its form, and what came of calling it.
import { Alert, Button, Tabs, TextInput } from "@mantine/core";
import type { RJSFSchema } from "@rjsf/utils";
import { ArrowLeft, ArrowRight, Ban, FlaskConical, ListChecks, Lock, Play, Search, X } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { hasEnded, type Progress, type Step, useCall } from "../api/calls";
import { mayAct, type Schemas } from "../api/conductor";
import { useApprovals, useTools } from "../api/queries";
import { useWho } from "../api/session";
import { forForms } from "../forms/numbers";
import { SchemaForm } from "../forms/SchemaForm";
import { withoutUndefined } from "../forms/validator";
import { Badge, State, type Tone } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { Page } from "../parts/Page";
import { Refused } from "../parts/Refused";
import { Said } from "../parts/Said";
import { Answer, Empty } from "../parts/states";
import style from "./ToolsPage.module.css";

type Tool = Schemas["ToolEntry"];

const permissionTones: Record<string, Tone> = { read: "quiet", write: "info", admin: "warn" };

function Permission({ of }: { of: string | undefined }) {
  return of === undefined ? null : <Badge tone={permissionTones[of] ?? "quiet"}>{of}</Badge>;
}

function ToolsPage({ id, name }: { id: string; name: string | undefined }) {
  const tools = useTools(id);
  const [wanted, setWanted] = useState("");
  return (
    <Page title="Tools" lead="What can be done in this workspace. Every call is checked, recorded and answered with a receipt.">
      <Answer asked={tools} what="The tools">
        {(all) => {
          const chosen = all.find((tool) => tool.name === name) ?? all.find((tool) => name !== undefined && tool.aliases?.includes(name));
          return (
            <div className={style.split} data-chosen={name !== undefined}>
              <List id={id} tools={all} chosen={name} wanted={wanted} search={setWanted} />
              <section className={style.detail} aria-label="Tool">
                {name !== undefined && (
                  <Link href={`/w/${encodeURIComponent(id)}/tools`} className={style.back}>
                    <ArrowLeft size={15} aria-hidden /> All tools
                  </Link>
                )}
                {chosen ? (
                  <Detail key={`${id} ${chosen.name}`} id={id} tool={chosen} />
                ) : (
                  <div className="lf-card">
                    <Empty icon={Search} title={name === undefined ? "Choose a tool" : `There is no tool ${name}`}>
                      {name === undefined ? "Its form is made from its schema; what would happen can be tried first where the tool has a dry run." : "Its pack may have been taken away."}
                    </Empty>
                  </div>
                )}
              </section>
            </div>
          );
        }}
      </Answer>
    </Page>
  );
}

interface ListProps {
  id: string;
  tools: Tool[];
  chosen: string | undefined;
  wanted: string;
  search: (wanted: string) => void;
}

function List({ id, tools, chosen, wanted, search }: ListProps) {
  const groups = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const found = new Map<string, Tool[]>();
    for (const tool of tools) {
      const text = `${tool.name} ${tool.title ?? ""} ${tool.description ?? ""} ${(tool.aliases ?? []).join(" ")}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const pack = tool.pack ?? "other";
      found.set(pack, [...(found.get(pack) ?? []), tool]);
    }
    return [...found];
  }, [tools, wanted]);
  return (
    <nav className={`${style.list} lf-card`} aria-label="Tools">
      <TextInput aria-label="Find a tool" placeholder={`Find one of ${tools.length}`} leftSection={<Search size={15} />} value={wanted} onChange={(event) => search(event.currentTarget.value)} className={style.search} />
      <div className={style.entries}>
        {groups.map(([pack, entries]) => (
          <div key={pack}>
            <h2>{pack}</h2>
            {entries.map((tool) => (
              <Link key={tool.name} href={`/w/${encodeURIComponent(id)}/tools/${encodeURIComponent(tool.name)}`} className={style.entry} data-here={tool.name === chosen} aria-current={tool.name === chosen ? "page" : undefined}>
                <span className={style.entryName}><Said text={tool.name} /></span>
                <span className={style.entryTitle}><Said text={tool.title} /></span>
                {tool.callable === false && <Lock size={13} aria-label="Not for this conductor" className={style.lock} />}
              </Link>
            ))}
          </div>
        ))}
        {groups.length === 0 && <Empty icon={Search} title="No tool is like that" />}
      </div>
    </nav>
  );
}

function scopeWords(scope: unknown): string {
  if (typeof scope !== "object" || scope === null) return String(scope);
  const { type, pattern, access } = scope as { type?: string; pattern?: string; access?: string };
  return [access, type, pattern].filter(Boolean).join(" ");
}

function Detail({ id, tool }: { id: string; tool: Tool }) {
  const scopes = (tool.required_scopes ?? []).map(scopeWords);
  const approvals = tool.required_approvals ?? [];
  return (
    <article className="lf-card">
      <header className={style.head}>
        <div className={style.title}>
          <h2><Said text={tool.title ?? tool.name} /></h2>
          <Permission of={tool.permission} />
          {approvals.length > 0 && <Badge tone="warn">needs approval</Badge>}
        </div>
        <code><Said text={tool.name} /></code>
        {tool.description && <p><Said text={tool.description} /></p>}
      </header>
      <Tabs defaultValue="call" keepMounted={false}>
        <Tabs.List px="md">
          <Tabs.Tab value="call">Call</Tabs.Tab>
          <Tabs.Tab value="about">Contract</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="call" p="lg">
          <Caller id={id} tool={tool} />
        </Tabs.Panel>
        <Tabs.Panel value="about" p="lg">
          <Facts
            facts={[
              ["Pack", `${tool.pack ?? ""} ${tool.version ?? ""}`],
              ["Token scope", tool.scope],
              ["Reaches", scopes.length > 0 ? <ul className={style.scopes}>{scopes.map((scope) => <li key={scope}><code>{scope}</code></li>)}</ul> : "nothing outside of itself"],
              ["Approvals", approvals.length > 0 ? approvals.map(String).join(", ") : "none of its own; a policy may ask"],
              ["Other names", (tool.aliases ?? []).join(", ")],
            ]}
          />
          <h3>Input</h3>
          <Json value={tool.input_schema} label="Schema of the input" />
          <h3>Output</h3>
          <Json value={tool.output_schema} label="Schema of the output" />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}

function Caller({ id, tool }: { id: string; tool: Tool }) {
  const { role, local } = useWho();
  const schema = useMemo(() => forForms(tool.input_schema ?? { type: "object" }) as RJSFSchema, [tool.input_schema]);
  const [value, setValue] = useState<{ [name: string]: unknown }>({});
  const { progress, run, cancel, clear } = useCall(id, tool.name);
  const form = useRef<HTMLFormElement>(null);
  const dry = useRef(false);
  const hasDryRun = schema.properties?.dry_run !== undefined;
  const busy = progress !== undefined && !hasEnded(progress);
  const tried = progress?.dryRun === true && progress.step === "done" && succeeded(progress) && progress.input === JSON.stringify(withoutUndefined(value));

  if (tool.callable === false) {
    return (
      <Alert color="gray" icon={<Lock size={18} />} title={local ? "This page may not call it" : "This conductor may not call it"}>
        {local ? (
          <>
            Who is at the console of {local.workspace} does not hold the scope <code>{tool.scope}</code>: <code>lumenflow token mint --scope …</code> makes a token that does.
          </>
        ) : (
          <>
            The workspace gave the conductor a token without the scope <code>{tool.scope}</code>. Its operator can give it: <code>lumenflow enroll --scope …</code>
          </>
        )}
      </Alert>
    );
  }
  if (!mayAct(role, "operator")) {
    return (
      <Alert color="gray" icon={<Lock size={18} />} title="You can look, and call nothing">
        Your role here is {role}. An admin can make you an operator.
      </Alert>
    );
  }
  const go = (dryRun: boolean) => {
    dry.current = dryRun;
    form.current?.requestSubmit();
  };
  return (
    <>
      <SchemaForm schema={schema} value={value} change={setValue} submit={(input) => void run(input, dry.current)} form={form} disabled={busy} />
      <div className={style.buttons}>
        {hasDryRun && (
          <Button variant={tried ? "default" : "filled"} leftSection={<FlaskConical size={16} />} onClick={() => go(true)} disabled={busy}>
            Dry run
          </Button>
        )}
        <Button variant={hasDryRun && !tried ? "default" : "filled"} leftSection={<Play size={16} />} onClick={() => go(false)} disabled={busy}>
          {hasDryRun && !tried ? "Call without a dry run" : "Call"}
        </Button>
        {busy && progress.commandId !== undefined && (
          <Button variant="subtle" color="red" leftSection={<Ban size={16} />} onClick={() => void cancel()}>
            Cancel
          </Button>
        )}
        {hasEnded(progress) && (
          <Button variant="subtle" color="gray" leftSection={<X size={16} />} onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      {progress && <Outcome id={id} progress={progress} />}
    </>
  );
}

function resultOf(progress: Progress): Schemas["ToolResult"] | undefined {
  return progress.outcome?.result as Schemas["ToolResult"] | undefined;
}

function succeeded(progress: Progress): boolean {
  return progress.step === "done" && resultOf(progress)?.success !== false;
}

const steps: { at: Step[]; name: string }[] = [
  { at: ["asking"], name: "Asked" },
  { at: ["queued"], name: "Queued" },
  { at: ["delivered"], name: "At the workspace" },
  { at: ["running"], name: "Running" },
  { at: ["done", "refused", "expired", "cancelled"], name: "Ended" },
];

function Outcome({ id, progress }: { id: string; progress: Progress }) {
  const pending = useApprovals(id, "pending");
  const waits = pending.data?.find((approval) => approval.receipt_id === progress.receiptId);
  const at = steps.findIndex((step) => step.at.includes(progress.step));
  const result = resultOf(progress);
  const error = progress.outcome?.error ?? (result as { error?: Schemas["CommandError"] } | undefined)?.error;
  return (
    <section className={style.outcome} aria-live="polite">
      <ol className={style.steps} aria-label="How far the call is">
        {steps.map((step, index) => (
          <li key={step.name} data-past={index <= at || hasEnded(progress)} aria-current={index === at ? "step" : undefined}>
            {step.name}
          </li>
        ))}
      </ol>
      <Refused error={progress.error} />
      {waits && !hasEnded(progress) && (
        <Alert color="yellow" icon={<ListChecks size={18} />} title="It waits for an approval">
          <p className={style.waits}>Nothing is done before somebody whose key the workspace has pinned approves it.</p>
          <Button component={Link} href={`/approvals/${encodeURIComponent(waits.approval_id)}`} size="xs" variant="light" color="yellow" rightSection={<ArrowRight size={14} />}>
            To the approval
          </Button>
        </Alert>
      )}
      {hasEnded(progress) && progress.error === undefined && (
        <>
          <div className={style.verdict}>
            {progress.dryRun && <Badge tone="info">dry run: nothing was changed</Badge>}
            <State of={progress.step === "done" ? (succeeded(progress) ? "success" : "failure") : progress.step} />
            {progress.receiptId && (
              <Link href={`/w/${encodeURIComponent(id)}/audit/${encodeURIComponent(progress.receiptId)}`} className="lf-mono">
                {progress.receiptId}
              </Link>
            )}
          </div>
          {error && (
            <Alert color="red" title={error.code}>
              <Said text={error.message} />
            </Alert>
          )}
          {result !== undefined && <Json value={result.data ?? result} label="What the tool answered" />}
        </>
      )}
    </section>
  );
}

export default ToolsPage;
