// The head of a page, and its ground.
import type { ReactNode } from "react";
import { useEffect } from "react";
import style from "./Page.module.css";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** The content fills the window and scrolls by itself. */
  filled?: boolean;
}

export function Page({ title, lead, actions, children, filled = false }: PageProps) {
  useEffect(() => {
    document.title = `${title} · LumenFlow`;
  }, [title]);
  return (
    <div className={style.page} data-filled={filled}>
      <div className={style.head}>
        <div className={style.words}>
          <h1>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className={style.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
