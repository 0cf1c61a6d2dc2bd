// @vitest-environment jsdom
import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Json } from "./Json";

describe("Json", () => {
  it("shows what is hostile as text", () => {
    const hostile = { "<img src=x onerror=alert(1)>": '</pre><script>alert("1")</script>', n: -1.5e3, yes: true };
    const { container } = render(<MantineProvider><Json value={hostile} label="payload" /></MantineProvider>);
    expect(container.querySelector("img, script")).toBeNull();
    expect(screen.getByRole("region", { name: "payload" }).textContent).toBe(JSON.stringify(hostile, null, 2));
  });

  it("cuts what is too long, and says so", () => {
    render(<MantineProvider><Json value={"x".repeat(300_000)} label="payload" /></MantineProvider>);
    expect(screen.getByRole("region", { name: "payload" }).textContent).toMatch(/more characters$/);
  });
});
