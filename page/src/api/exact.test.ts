import { Conductor } from "@lumenflow/conductor-sdk";
import { describe, expect, it } from "vitest";
import { Exact, isNumber, parseExact, parseWritten, sameJson, survives, write } from "./exact";

const same = (text: string) => write(parseExact(text));

describe("JSON as it was written", () => {
  it("keeps numbers that a double would round", () => {
    for (const text of ["9007199254740993", "-9007199254740993", "12345678901234567890", "18446744073709551615", "0.1000000000000000055", "1e400"]) {
      expect(same(`{"a":[${text},1],"b":"${text}"}`)).toBe(`{"a":[${text},1],"b":"${text}"}`);
      expect(survives(text)).toBe(false);
      expect(`${(parseExact(`[${text}]`) as unknown[])[0]}`).toBe(text);
    }
  });

  it("leaves all others numbers", () => {
    expect(parseExact('[9007199254740991, 9007199254740992, 1.50e3, 0.30000000000000004, 5e-324, 1e+20, -0.0, 100000000000000000000, "1e400 : 9007199254740993"]')).toEqual([
      9007199254740991, 9007199254740992, 1500, 0.30000000000000004, 5e-324, 1e20, -0, 1e20, "1e400 : 9007199254740993",
    ]);
  });

  it("reads everything else as JSON.parse does", () => {
    const text = '{"__proto__":{"x":[]}, "a\\"b":"\\u202e\\\\", "e":{}, "n":null, "t":[true , false], "":-1e400}';
    const read = parseExact(text) as { [name: string]: unknown };
    expect(Object.keys(read)).toEqual(["__proto__", 'a"b', "e", "n", "t", ""]);
    expect(write({ ...read, "": 0 })).toBe(JSON.stringify({ ...(JSON.parse(text) as object), "": 0 }));
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(() => parseExact('{"a":9007199254740993,}')).toThrow(SyntaxError);
  });

  it("cannot be made to write what was a text", () => {
    expect(write({ a: new Exact("1e400"), b: '":1e400"' })).toBe('{"a":1e400,"b":"\\":1e400\\""}');
    expect(JSON.stringify(new Exact("9007199254740993"))).toBe('"9007199254740993"');
  });

  it("tells whoever writes by hand what would not be sent as it stands there", () => {
    expect(parseWritten('{"plain": 1, "deep": {"list": [1e3, 9007199254740992]}}').faults).toEqual([]);
    const { faults } = parseWritten('{"plain":1,"plain":2,"deep":{"list":[1,9007199254740993]}}');
    expect(faults.map(({ path, message }) => `${path} ${message}`)).toEqual([
      "plain stands there twice, and only one of them would count",
      expect.stringMatching(/^deep\.list\[1\] 9007199254740993 has more digits than a number keeps: it would become 9007199254740992/),
    ]);
    expect(parseWritten('{"__proto__":1,"__proto__":2}').faults).toHaveLength(1);
  });

  it("compares what is said", () => {
    const [one, other] = ['{"a":[1,{"b":null}],"n":9007199254740993}', '{"n":9007199254740993,"a":[1,{"b":null}]}'].map(parseExact);
    expect(sameJson(one, other)).toBe(true);
    for (const text of ['{"n":9007199254740992,"a":[1,{"b":null}]}', '{"n":9007199254740993,"a":[1,{}]}', '{"n":9007199254740993,"a":{"0":1,"1":{"b":null}}}', "null"]) expect(sameJson(one, parseExact(text)), text).toBe(false);
    expect(sameJson(parseExact('{"__proto__":{}}'), parseExact('{"x":{}}'))).toBe(false);
  });

  it("knows JSON's numbers", () => {
    for (const text of ["0", "-3", "1.5", "2e9", "1E-7"]) expect(isNumber(text), text).toBe(true);
    for (const text of ["", "1,5", "0x10", "01", ".5", "+1", "1.", "1e", "NaN", "1 000", "١"]) expect(isNumber(text), text).toBe(false);
  });

  it("is how the client reads answers", async () => {
    const answered = (status: number, body: string | null) => new Conductor({ url: "http://c", parse: parseExact, fetch: async () => new Response(body, { status, headers: { "Content-Type": "application/json" } }) });
    const got = await answered(200, '{"size":9007199254740993}').api.GET("/v2/head");
    expect(write(got.data)).toBe('{"size":9007199254740993}');
    expect((await answered(204, null).api.DELETE("/v2/session")).response.ok).toBe(true);
    const refused = answered(404, '{"code":"NOT_FOUND","detail":"none"}');
    await expect(refused.told(refused.api.GET("/v2/head"))).rejects.toMatchObject({ code: "NOT_FOUND", message: "none", httpStatus: 404 });
  });
});
