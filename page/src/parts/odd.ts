// Characters that nobody sees, or that move what stands around them: they make a text look like another one. Whatever a person decides
// on is shown with their escapes in their place, as JSON writes them.

const unseen = String.raw`[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}`;
const everywhere = new RegExp(unseen, "gu");
const butLines = new RegExp(`(?!\\n)(?:${unseen})`, "gu");
const plain = /^[ -~]*$/; // nearly everything, and quickly known
const short: { [character: string]: string } = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function escaped(character: string): string {
  return short[character] ?? character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** What stands there, all of it to be seen. */
export function visible(text: string): string {
  return plain.test(text) ? text : text.replace(everywhere, escaped);
}

/** What a person would see nothing of: blanks and characters without a shape. */
export function isBlank(text: string): boolean {
  return text.replace(everywhere, "").trim() === "";
}

/** Of JSON that is laid out in lines: within its texts a line end is escaped already. */
export function visibleJson(json: string): string {
  return json.replace(butLines, escaped);
}

/** So much of a document is shown, in characters; of a longer one only its beginning. */
export const shownMax = 200_000;

export interface Part {
  text: string;
  odd: boolean;
}

/** The same in parts, the odd ones apart from the others. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let last = 0;
  for (const { 0: found, index } of text.matchAll(everywhere)) {
    if (index > last) parts.push({ text: text.slice(last, index), odd: false });
    parts.push({ text: escaped(found), odd: true });
    last = index + found.length;
  }
  if (last < text.length) parts.push({ text: text.slice(last), odd: false });
  return parts;
}
