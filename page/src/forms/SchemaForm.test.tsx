// @vitest-environment jsdom
import { MantineProvider } from "@mantine/core";
import type { RJSFSchema } from "@rjsf/utils";
import { configure, fireEvent, render, screen } from "@testing-library/react";
import { useRef, useState } from "react";
import { expect, it } from "vitest";
import { SchemaForm } from "./SchemaForm";

configure({ asyncUtilTimeout: 30_000 });
const schema: RJSFSchema = { type: "object", properties: { plain: { type: "integer" }, part: { type: "number" }, one: { type: "integer", enum: [1, 2] } } };
let sent: unknown[] = [];

function Caller() {
  const [value, setValue] = useState<{ [name: string]: unknown }>({});
  const form = useRef<HTMLFormElement>(null);
  return (
    <MantineProvider env="test">
      <SchemaForm schema={schema} value={value} change={setValue} submit={(input) => sent.push(input)} form={form} disabled={false} />
      <button type="button" onClick={() => form.current?.requestSubmit()}>
        Call
      </button>
    </MantineProvider>
  );
}

function send(): unknown {
  sent = [];
  fireEvent.click(screen.getByRole("button", { name: "Call" }));
  return sent[0];
}

it("sends numbers as they are typed, or says why not", () => {
  render(<Caller />);
  const type = (label: string, text: string) => fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
  for (const [text, value] of [["9007199254740991", 9007199254740991], ["9007199254740992", 9007199254740992], ["1e3", 1000], ["-7", -7], ["12345678901234567000", 12345678901234567000]] as const) {
    type("Plain", text);
    expect(send(), text).toEqual({ plain: value });
    expect((screen.getByLabelText("Plain") as HTMLInputElement).value).toBe(text);
  }
  for (const text of ["9007199254740993", "12345678901234567890", "1e400"]) {
    type("Plain", text);
    expect(send(), text).toBeUndefined();
    expect(screen.getByText(/more digits than a number keeps|beyond what a number can be/)).toBeTruthy();
    expect((screen.getByLabelText("Plain") as HTMLInputElement).value).toBe(text);
  }
  for (const text of ["1,5", "0x10", "12a", "1 000", "Infinity", "NaN"]) {
    type("Plain", text);
    expect(send(), text).toBeUndefined();
    expect(screen.getByText(/is no number/)).toBeTruthy();
  }
  type("Plain", "1.5");
  expect(send()).toBeUndefined();
  type("Plain", "");
  type("Part", "1.50");
  expect(send()).toEqual({ part: 1.5 });
  type("Part", "0.1000000000000000055");
  expect(send()).toBeUndefined();
});

it("sends JSON as it is written, or says why not", () => {
  render(<Caller />);
  fireEvent.click(screen.getByLabelText("JSON"));
  const write = (text: string) => fireEvent.change(screen.getByLabelText("Input as JSON"), { target: { value: text } });
  write('{"__proto__": {"n": 1}, "plain": 3}');
  fireEvent.click(screen.getByLabelText("Form"));
  expect(screen.getByText("It stays JSON")).toBeTruthy();
  expect(JSON.stringify(send())).toBe('{"__proto__":{"n":1},"plain":3}');
  write('{"plain": 3, "part": 0.5}');
  expect(send()).toEqual({ plain: 3, part: 0.5 });
  for (const [text, why] of [['{"plain":9007199254740993}', /^plain: 9007199254740993 has more digits/], ['{"plain":1,"plain":2}', /stands there twice/], ["[1]", /the input is a JSON object/], ["{", /JSON/]] as const) {
    write(text);
    expect(send(), text).toBeUndefined();
    expect(screen.getAllByText(why).length).toBeGreaterThan(0);
  }
});
