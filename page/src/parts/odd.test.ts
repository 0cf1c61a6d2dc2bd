import { describe, expect, it } from "vitest";
import { partsOf, visible, visibleJson } from "./odd";

describe("characters that nobody sees", () => {
  it("are shown by their escapes", () => {
    const bidi = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c";
    const nothing = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\uffa0\u180e\ufe0f\u2800";
    const blanks = "\u00a0\u2007\u2003\u3000\u202f\u205f\u1680";
    const others = "\u2028\u2029\u0085\u007f\u009b\ue000\ufff9";
    for (const character of bidi + nothing + blanks + others) {
      const code = `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
      expect(visible(`a${character}b`)).toBe(`a${code}b`);
      expect(visibleJson(JSON.stringify(`a${character}b`))).toBe(`"a${code}b"`);
    }
    expect(visible("hi\u{e0041}")).toBe("hi\\udb40\\udc41");
    expect(visible("half \ud800")).toBe("half \\ud800");
    expect(visible("a\n\tb\u0000")).toBe("a\\n\\tb\\u0000");
  });

  it("are no letters, of whatever script", () => {
    for (const text of ["plain text", "Größe, naïve — “ok” …", "日本語", "עברית", "नमस्ते", "🌱 €"]) expect(visible(text)).toBe(text);
  });

  it("leave JSON what it says", () => {
    const value = { "a\u200b": "x\u202ey", a: ["\\u202e", "\n"] };
    const shown = visibleJson(JSON.stringify(value, null, 2));
    expect(shown).toContain('"a\\u200b": "x\\u202ey"');
    expect(shown).toContain('"\\\\u202e"');
    expect(JSON.parse(shown)).toEqual(value);
  });

  it("stand apart", () => {
    expect(partsOf("admin\u200bistrator")).toEqual([{ text: "admin", odd: false }, { text: "\\u200b", odd: true }, { text: "istrator", odd: false }]);
    expect(partsOf("")).toEqual([]);
  });
});
