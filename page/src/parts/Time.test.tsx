// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Ago, relativeTime } from "./Time";

describe("times", () => {
  it("are told from now", () => {
    const now = Date.parse("2026-01-02T12:00:00Z");
    expect(relativeTime(now - 3_000, now)).toBe("just now");
    expect(relativeTime(now - 5 * 60_000, now)).toMatch(/5 min/);
    expect(relativeTime(now + 3 * 3_600_000, now)).toMatch(/3 hr/);
  });

  it("have the exact UTC on hover", () => {
    render(<Ago at="2020-05-04T03:02:01.123Z" />);
    const time = screen.getByText(/ago/);
    expect(time.getAttribute("datetime")).toBe("2020-05-04T03:02:01.123Z");
    expect(time.title).toContain("2020-05-04 03:02:01.123 UTC");
  });
});
