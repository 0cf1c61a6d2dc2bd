// A short text of somebody else's: what cannot be seen in it is shown by its escape, and marked. It turns no text around it.
import { partsOf } from "./odd";
import style from "./Said.module.css";

export function Said({ text }: { text: unknown }) {
  const parts = partsOf(String(text ?? ""));
  return (
    <bdi>
      {parts.map((part, index) =>
        part.odd ? (
          <span key={index} className={style.odd} title="A character that cannot be seen, or that moves others: its escape stands here">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}
