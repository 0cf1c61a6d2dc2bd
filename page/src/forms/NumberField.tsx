// A number as it is typed: nothing of it is dropped, rounded or read as something else while it is being written. What is no number, or
// more than one keeps, stays in its field as a text and is told there; the validator then lets nothing be sent.
import { TextInput } from "@mantine/core";
import { getDefaultRegistry } from "@rjsf/core";
import { ariaDescribedByIds, type FieldProps, getUiOptions } from "@rjsf/utils";
import { useState } from "react";
import { isNumber, lost, survives } from "../api/exact";

const Chosen = getDefaultRegistry().fields.NumberField;

/** What stands in the form's value for what was typed. */
export function numberOf(text: string): number | string | undefined {
  const typed = text.trim();
  if (typed === "") return undefined;
  return isNumber(typed) && survives(typed) ? Number(typed) : typed;
}

/** Why it is none. */
export function faultOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return isNumber(value) ? `${lost(value)}.` : `“${value}” is no number: digits, a point before the decimals, an exponent (12, -1.5, 2e9).`;
}

export function NumberField(props: FieldProps) {
  const { schema, uiSchema, registry, formData, fieldPathId, required, disabled, readonly, autofocus, onChange, onBlur, onFocus, rawErrors, name, title } = props;
  const [typed, setTyped] = useState<{ text: string; value: unknown }>();
  const { schemaUtils, globalUiOptions } = registry;
  if (schema.const !== undefined || schemaUtils.isSelect(schema) || uiSchema?.["ui:widget"] !== undefined) return Chosen === undefined ? null : <Chosen {...props} />;
  const shown = schemaUtils.getDisplayLabel(schema, uiSchema, globalUiOptions);
  const label = getUiOptions(uiSchema).title ?? title ?? schema.title ?? name;
  const id = fieldPathId.$id;
  // "1.50" stays as it was typed while its value is 1.5.
  const text = typed !== undefined && typed.value === formData ? typed.text : formData === undefined || formData === null ? "" : String(formData);
  const change = (next: string) => {
    const value = numberOf(next);
    setTyped({ text: next, value });
    onChange(value, fieldPathId.path);
  };
  return (
    <TextInput
      id={id}
      name={fieldPathId.name ?? id}
      label={shown ? label : undefined}
      aria-label={shown ? undefined : label}
      description={shown ? schema.description : undefined}
      required={required ?? false}
      disabled={(disabled || readonly) ?? false}
      autoFocus={autofocus ?? false}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onBlur={(event) => onBlur(id, event.currentTarget.value)}
      onFocus={(event) => onFocus(id, event.currentTarget.value)}
      error={faultOf(formData) ?? (rawErrors && rawErrors.length > 0 ? rawErrors.join("\n") : undefined)}
      aria-describedby={ariaDescribedByIds(id)}
    />
  );
}
