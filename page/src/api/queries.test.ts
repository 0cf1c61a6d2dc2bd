// @vitest-environment jsdom
import { expect, it } from "vitest";
import { queries } from "./queries";

it("keeps what is answered as it came, whatever a member is called, and itself where it came before", () => {
  const strange = (path: string) => JSON.parse(`{"id":"${path}","input":{"__proto__":{"n":"${path}"},"path":"${path}"}}`) as object;
  queries.setQueryData(["pending"], [strange("/one")]);
  const [first] = queries.getQueryData<object[]>(["pending"]) ?? [];
  queries.setQueryData(["pending"], [strange("/two"), strange("/one")]);
  const now = queries.getQueryData<object[]>(["pending"]) ?? [];
  expect(JSON.stringify(now)).toBe(JSON.stringify([strange("/two"), strange("/one")]));
  expect(now[1]).toBe(first);
});
