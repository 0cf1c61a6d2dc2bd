// A form from a JSON Schema, or its JSON as text: the two show one value.
import { Alert, SegmentedControl, Textarea } from "@mantine/core";
import { Form } from "@rjsf/mantine";
import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { type RefObject, useMemo, useState } from "react";
import { hasProto, parseWritten } from "../api/exact";
import { NumberField } from "./NumberField";
import { ArrayItem, ArrayTitle, Additional, ObjectField, Title } from "./templates";
import { withoutPatterns } from "./patterns";
import { validator, withoutUndefined } from "./validator";
import style from "./SchemaForm.module.css";

interface Props {
  schema: RJSFSchema;
  value: { [name: string]: unknown };
  change: (value: { [name: string]: unknown }) => void;
  submit: (value: { [name: string]: unknown }) => void;
  form: RefObject<HTMLFormElement | null>;
  disabled: boolean;
}

const templates = { ObjectFieldTemplate: ObjectField, ArrayFieldItemTemplate: ArrayItem, ArrayFieldTitleTemplate: ArrayTitle, TitleFieldTemplate: Title, WrapIfAdditionalTemplate: Additional };
const fields = { NumberField };

// "next_run_at" as people write it.
function named(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

// Long texts get room, and `dry_run` is a button of its own.
function looksOf(schema: RJSFSchema): UiSchema {
  const looks: UiSchema = { "ui:submitButtonOptions": { norender: true } };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property !== "object") continue;
    const own: UiSchema = {};
    if (property.title === undefined) own["ui:title"] = named(name);
    if (property.type === "string" && property.enum === undefined && (property.maxLength ?? 0) > 1000) {
      own["ui:widget"] = "textarea";
      own["ui:options"] = { rows: 4 };
    }
    if (name === "dry_run") own["ui:widget"] = "hidden";
    looks[name] = own;
  }
  return looks;
}

export function SchemaForm({ schema, value, change, submit, form, disabled }: Props) {
  const [mode, setMode] = useState("form");
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  const [stays, setStays] = useState(false);
  const shown = useMemo(() => withoutPatterns(schema), [schema]);
  const looks = useMemo(() => looksOf(shown), [shown]);
  const plain = Object.keys(schema.properties ?? {}).length === 0 && schema.additionalProperties === false;

  const switchTo = (next: string) => {
    if (next === "json") setText(JSON.stringify(withoutUndefined(value), null, 2));
    // A form would lose it without a word.
    setStays(next === "form" && hasProto(value));
    if (next === "form" && hasProto(value)) return;
    setFault(undefined);
    setMode(next);
  };
  const typed = (now: string) => {
    setText(now);
    try {
      const { value: read, faults } = parseWritten(now);
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new SyntaxError("the input is a JSON object");
      // What would be sent otherwise than it stands here is not sent.
      if (faults.length > 0) throw new SyntaxError(faults.map(({ path, message }) => `${path}: ${message}`).join("\n"));
      setFault(undefined);
      change(read as { [name: string]: unknown });
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const submitText = () => {
    if (fault !== undefined) return;
    const { errors } = validator.validateFormData(value, schema);
    if (errors.length > 0) setFault(errors.map((error) => error.stack).join("\n"));
    else submit(value);
  };

  return (
    <div>
      <SegmentedControl size="xs" value={mode} onChange={switchTo} aria-label="How the input is written" data={[{ value: "form", label: "Form" }, { value: "json", label: "JSON" }]} mb="sm" />
      {stays && (
        <Alert color="yellow" mb="sm" title="It stays JSON" role="status">
          A member is called <code>__proto__</code>, and a form cannot show it.
        </Alert>
      )}
      {mode === "json" ? (
        <form ref={form} onSubmit={(event) => { event.preventDefault(); submitText(); }}>
          <Textarea aria-label="Input as JSON" autosize minRows={6} maxRows={24} value={text} onChange={(event) => typed(event.currentTarget.value)} error={fault} classNames={{ input: style.json ?? "" }} spellCheck={false} disabled={disabled} />
        </form>
      ) : (
        <>
          {plain && <p className={style.nothing}>This tool takes no input.</p>}
          <Form
            schema={shown}
            uiSchema={looks}
            formData={value}
            validator={validator}
            templates={templates}
            fields={fields}
            showErrorList={false}
            focusOnFirstError
            disabled={disabled}
            noHtml5Validate
            onError={() => undefined} // told at each field
            ref={(rendered: { formElement?: { current: HTMLFormElement | null } } | null) => {
              form.current = rendered?.formElement?.current ?? null;
            }}
            onChange={({ formData }) => change((formData ?? {}) as { [name: string]: unknown })}
            onSubmit={({ formData }) => submit(withoutUndefined(formData ?? {}) as { [name: string]: unknown })}
          />
        </>
      )}
      {fault !== undefined && mode === "form" && <Alert color="red">{fault}</Alert>}
    </div>
  );
}
