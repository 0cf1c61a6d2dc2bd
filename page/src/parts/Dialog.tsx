// A dialog that gives the focus back to where it was before, also where it is there only while it is open, or was opened by a key.
import { Modal, type ModalProps } from "@mantine/core";
import { useLayoutEffect, useRef } from "react";

/** So that the keyboard is never left at nothing: to where it was, or to the beginning of what the page shows. */
export function focusOr(before: Element | null): void {
  const there = before instanceof HTMLElement && before.isConnected && before !== document.body && !before.matches(":disabled") ? before : document.getElementById("main");
  there?.focus({ preventScroll: true });
}

export function Dialog(props: ModalProps) {
  const before = useRef<Element | null>(null);
  const open = useRef(false);
  // Before what is within it takes the focus.
  if (props.opened && !open.current) before.current = document.activeElement;
  useLayoutEffect(() => {
    open.current = props.opened;
    if (!props.opened) return undefined;
    return () => {
      open.current = false;
      const at = document.activeElement;
      // Whoever has the focus after that, has it by intent.
      setTimeout(() => {
        const now = document.activeElement;
        if (!open.current && (now === null || now === document.body || now === at)) focusOr(before.current);
      });
    };
  }, [props.opened]);
  return <Modal {...props} returnFocus={false} />;
}
