// @vitest-environment jsdom
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { parseExact } from "../api/exact";
import { Json } from "./Json";

describe("Json", () => {
  it("shows what is hostile as text", () => {
    const hostile = { "<img src=x onerror=alert(1)>": '</pre><script>alert("1")</script>', n: -1.5e3, yes: true };
    const { container } = render(<MantineProvider><Json value={hostile} label="payload" /></MantineProvider>);
    expect(container.querySelector("img, script")).toBeNull();
    expect(screen.getByRole("region", { name: "payload" }).textContent).toBe(JSON.stringify(hostile, null, 2));
  });

  it("shows what cannot be seen, and numbers as they came", () => {
    const hostile = parseExact('{"admin\u200b":"/safe/\u202etxt.exe\u202c","admin":"\u{e0041}\u00a0\u2028","said":"\\\\u202e","n":9007199254740993}');
    const { container } = render(<MantineProvider><Json value={hostile} label="payload" /></MantineProvider>);
    expect(screen.getByRole("region", { name: "payload" }).textContent).toBe(
      String.raw`{
  "admin\u200b": "/safe/\u202etxt.exe\u202c",
  "admin": "\udb40\udc41\u00a0\u2028",
  "said": "\\u202e",
  "n": 9007199254740993
}`,
    );
    expect([...container.querySelectorAll("mark")].map((one) => one.textContent)).toHaveLength(7);
    expect(screen.getByText(/cannot be seen/)).toBeTruthy();
  });

  it("is not needed for a number alone", () => {
    const { container } = render(<p>{parseExact("9007199254740993") as number} events</p>);
    expect(container.textContent).toBe("9007199254740993 events");
  });

  it("cuts what is too long, and says so", () => {
    render(<MantineProvider><Json value={"x".repeat(300_000)} label="payload" /></MantineProvider>);
    expect(screen.getByRole("region", { name: "payload" }).textContent).toMatch(/more characters$/);
  });
});
