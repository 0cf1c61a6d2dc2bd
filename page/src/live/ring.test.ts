import { describe, expect, it } from "vitest";
import { Ring } from "./ring";

describe("Ring", () => {
  it("keeps the newest, in order, and counts what it let go", () => {
    const ring = new Ring<number>(3);
    for (const item of [1, 2, 3, 4, 5]) ring.push(item);
    expect([ring.at(0), ring.at(1), ring.at(2)]).toEqual([3, 4, 5]);
    expect(ring.length).toBe(3);
    expect(ring.forgotten).toBe(2);
    expect(ring.at(3)).toBeUndefined();
    expect(ring.at(-1)).toBeUndefined();
  });

  it("finds indexes that hold until something is pushed out", () => {
    const ring = new Ring<number>(4);
    for (const item of [1, 2, 3, 4, 5, 6]) ring.push(item);
    expect(ring.matching((item) => item % 2 === 0).map((index) => ring.at(index))).toEqual([4, 6]);
  });

  it("takes any number without growing", () => {
    const ring = new Ring<number>(100);
    for (let item = 0; item < 100_000; ++item) ring.push(item);
    expect(ring.length).toBe(100);
    expect(ring.at(99)).toBe(99_999);
    expect(Object.keys((ring as unknown as { slots: unknown[] }).slots).length).toBe(100);
  });
});
