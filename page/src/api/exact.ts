// JSON as it was written. `JSON.parse` rounds what a double cannot hold (9007199254740993 becomes …992) and takes a name twice; here such
// a number stays what it is, and whoever writes JSON by hand is told.

/** A number that a double would round: shown as it is, also by React, and reckoned with as the double next to it. */
export class Exact {
  constructor(readonly literal: string) {}
  toString(): string {
    return this.literal;
  }
  valueOf(): number {
    return Number(this.literal);
  }
  /** React shows what can be gone through. */
  *[Symbol.iterator](): Iterator<string> {
    yield this.literal;
  }
  /** Where it is written without `write`: as a text, so not rounded either. */
  toJSON(): string {
    return this.literal;
  }
}

const grammar = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

// Sign, digits and power of ten, so that 1.50e3 and 1500 are the same.
function normal(text: string): string | undefined {
  const found = grammar.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = "", part = "", power = "0"] = found;
  const digits = (whole + part).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  return short === "" ? "0" : `${sign}${short}e${BigInt(power) - BigInt(part.length) + BigInt(digits.length - short.length)}`;
}

/** Whether a number is still the one that was written once it is a double. */
export function survives(literal: string): boolean {
  const read = Number(literal);
  return Number.isFinite(read) && normal(literal) === normal(String(read));
}

/** JSON's own way to write a number: no comma, no 0x10, no leading zero. */
export function isNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,6})?$/.test(text);
}

// What looks like a number that could be rounded; also within texts, where it costs a second reading and no more.
const risky = /(?:^|[[:,\s])(-?\d[\d.]{15,}(?:[eE][+-]?\d+)?|-?\d[\d.]*[eE][+-]?\d+)/g;

export function parseExact(text: string): unknown {
  for (const [, literal] of text.matchAll(risky)) if (literal !== undefined && !survives(literal)) return new Reader(text).read();
  return JSON.parse(text);
}

export interface Fault {
  /** Names and indexes, from the outside in. */
  path: string;
  message: string;
}

/** As a person writes it: also says what would be sent otherwise than it stands there. Throws where it is no JSON. */
export function parseWritten(text: string): { value: unknown; faults: Fault[] } {
  const reader = new Reader(text);
  const value = reader.read();
  return { value, faults: reader.faults };
}

class Reader {
  readonly faults: Fault[] = [];
  private at = 0;
  constructor(private readonly text: string) {}

  read(): unknown {
    JSON.parse(this.text); // says what is wrong; below nothing is
    return this.value("");
  }

  private next(): string {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
    return this.text[this.at] ?? "";
  }

  private value(path: string): unknown {
    const begins = this.next();
    if (begins === "{") return this.members(path);
    if (begins === "[") return this.items(path);
    if (begins === '"') return this.string();
    const from = this.at;
    while (/[\w.+-]/.test(this.text[this.at] ?? "")) this.at += 1;
    const word = this.text.slice(from, this.at);
    if (!/^[-\d]/.test(word)) return JSON.parse(word) as unknown;
    if (survives(word)) return Number(word);
    this.faults.push({ path, message: lost(word) });
    return new Exact(word);
  }

  private string(): string {
    const from = this.at;
    for (this.at += 1; this.text[this.at] !== '"'; this.at += 1) if (this.text[this.at] === "\\") this.at += 1;
    this.at += 1;
    return JSON.parse(this.text.slice(from, this.at)) as string;
  }

  private members(path: string): object {
    const read: { [name: string]: unknown } = {};
    for (this.at += 1; this.next() !== "}"; ) {
      const name = this.string();
      const place = path === "" ? name : `${path}.${name}`;
      if (Object.hasOwn(read, name)) this.faults.push({ path: place, message: "stands there twice, and only one of them would count" });
      this.next();
      this.at += 1; // the colon
      // A member may be called __proto__.
      Object.defineProperty(read, name, { value: this.value(place), writable: true, enumerable: true, configurable: true });
      if (this.next() === ",") this.skip();
    }
    this.at += 1;
    return read;
  }

  private items(path: string): unknown[] {
    const read: unknown[] = [];
    for (this.at += 1; this.next() !== "]"; ) {
      read.push(this.value(`${path}[${read.length}]`));
      if (this.next() === ",") this.skip();
    }
    this.at += 1;
    return read;
  }

  private skip(): void {
    this.at += 1;
    this.next();
  }
}

/** Why a number is not sent. */
export function lost(literal: string): string {
  const read = Number(literal);
  if (!Number.isFinite(read)) return `${literal} is beyond what a number can be`;
  return `${literal} has more digits than a number keeps: it would become ${String(read)}. Write that, or give it as a text where the tool takes one`;
}

// Nobody outside can write a text like it.
const mark = crypto.getRandomValues(new Uint32Array(4)).join("-");
const marked = new RegExp(`"${mark}:([^"]+)"`, "g");

/** `JSON.stringify`, with exact numbers as they were written. */
export function write(value: unknown, indent?: number): string | undefined {
  let any = false;
  const text = JSON.stringify(
    value,
    function (this: { [name: string]: unknown }, name, given: unknown) {
      const held = this[name];
      if (!(held instanceof Exact)) return given;
      any = true;
      return `${mark}:${held.literal}`;
    },
    indent,
  ) as string | undefined;
  return any ? text?.replaceAll(marked, "$1") : text;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Whether two documents say the same, whatever the order of members; exact numbers are the same where their literals are. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one instanceof Exact || other instanceof Exact) return one instanceof Exact && other instanceof Exact && one.literal === other.literal;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (!isPlain(one) || !isPlain(other)) return one === other; // a key, which shows nothing of itself
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  const [left, right] = [one as { [name: string]: unknown }, other as { [name: string]: unknown }];
  return names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]));
}

/** What was answered before in place of what is answered the same again, itself and never as a copy: whatever its members are called, they
 * are all there, and what was found of it once (`useExamined`) counts on. */
export function share(before: unknown, now: unknown): unknown {
  if (sameJson(before, now)) return before;
  if (Array.isArray(before) && Array.isArray(now)) {
    return now.map((item: unknown, index) => (sameJson(before[index], item) ? before[index] : (before.find((one) => sameJson(one, item)) ?? item)) as unknown);
  }
  const [old, fresh] = [itemsOf(before), itemsOf(now)];
  return old === undefined || fresh === undefined ? now : { ...(now as object), items: share(old, fresh) };
}

function itemsOf(answer: unknown): unknown[] | undefined {
  const items = typeof answer === "object" && answer !== null && Object.hasOwn(answer, "items") ? (answer as { items: unknown }).items : undefined;
  return Array.isArray(items) ? items : undefined;
}

/** Whether a member, however deep, is called __proto__: who copies documents by assigning their members loses it. */
export function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}
