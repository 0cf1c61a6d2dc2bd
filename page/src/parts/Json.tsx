// JSON as text, coloured. React writes each part as a text node, so nothing of it can become markup; what cannot be seen is
// written as its escape, so that it still is the same JSON, and numbers are as they came.
import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { memo } from "react";
import { write } from "../api/exact";
import style from "./Json.module.css";
import { visibleJson } from "./odd";

const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const longest = 200_000;

// Escapes stand in a text where something could not be seen as it is; \\ and then a "u" is no escape.
const escape = /\\u[0-9a-f]{4}|\\[^u]/g;

function marked(text: string) {
  const parts = [];
  let last = 0;
  for (const { 0: found, index } of text.matchAll(escape)) {
    if (!found.startsWith("\\u")) continue;
    if (index > last) parts.push(text.slice(last, index));
    parts.push(<mark key={index}>{found}</mark>);
    last = index + found.length;
  }
  return parts.length === 0 ? text : [...parts, text.slice(last)];
}

function coloured(text: string) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    const kind = match[2] !== undefined ? "name" : match[1] !== undefined ? "text" : "value";
    parts.push(
      <span key={match.index} data-kind={kind}>
        {match[1] === undefined ? match[0] : marked(match[1])}
      </span>,
    );
    if (match[2] !== undefined) parts.push(match[2]);
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

export const Json = memo(function Json({ value, label }: { value: unknown; label: string }) {
  const plain = write(value, 2) ?? "nothing";
  const whole = visibleJson(plain);
  const text = whole.length > longest ? `${whole.slice(0, longest)}\n… ${whole.length - longest} more characters` : whole;
  return (
    <div className={style.json}>
      <Copied text={whole} />
      {/* Scrolls, so it can be reached with the keyboard. */}
      <pre tabIndex={0} aria-label={label} role="region">
        {text.length > 40_000 ? text : coloured(text)}
      </pre>
      {whole !== plain && (
        <p className={style.odd}>
          There are characters in it that cannot be seen, or that move others. They stand here as their escapes, <code>\u…</code>
        </p>
      )}
    </div>
  );
});

export function Copied({ text, what = "Copy" }: { text: string; what?: string }) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : what}>
          <ActionIcon className={style.copy} variant="default" size="sm" onClick={copy} aria-label={what}>
            {copied ? <Check size={13} /> : <Copy size={13} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
