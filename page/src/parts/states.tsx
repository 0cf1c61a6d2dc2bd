// What a page shows when it has nothing to show yet, nothing at all, something old, or a refusal.
import { Alert, Button, Loader } from "@mantine/core";
import { AlertTriangle, CloudOff, History, Inbox, Lock, type LucideIcon, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Problem, told } from "../api/conductor";
import { Ago } from "./Time";
import style from "./states.module.css";

export function Loading({ what }: { what: string }) {
  return (
    <div className={style.middle} role="status">
      <Loader size="sm" />
      <span>Loading {what}…</span>
    </div>
  );
}

interface EmptyProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon: Icon = Inbox, title, children, action }: EmptyProps) {
  return (
    <div className={style.empty}>
      <span className={style.emptyIcon}>
        <Icon size={26} aria-hidden />
      </span>
      <strong>{title}</strong>
      {children && <div className={style.emptyText}>{children}</div>}
      {action}
    </div>
  );
}

export function Failure({ error, again, what }: { error: unknown; again?: () => void; what: string }) {
  const { code, message } = told(error);
  const offline = code === "UNREACHABLE";
  // Asking again makes no operator of a viewer.
  if (error instanceof Problem && error.httpStatus === 403) {
    return (
      <Alert color="gray" variant="light" icon={<Lock size={18} />} title="This is not yours to see" className={style.alert}>
        <div>{message}</div>
        <code>{code}</code>
      </Alert>
    );
  }
  return (
    <Alert
      color={offline ? "gray" : "red"}
      variant="light"
      icon={offline ? <CloudOff size={18} /> : <AlertTriangle size={18} />}
      title={offline ? "Disconnected" : `${what} could not be had`}
      className={style.alert}
    >
      <div>{message}</div>
      {!offline && <code>{code}</code>}
      {again && (
        <Button mt="sm" size="xs" variant="default" leftSection={<RotateCw size={14} />} onClick={again}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** What is shown is from before: the newest question failed. */
export function Stale({ since, error }: { since: number; error: unknown }) {
  const { message } = told(error);
  return (
    <div className={style.stale} role="status">
      <History size={16} aria-hidden />
      <span>
        This is from <Ago at={new Date(since).toISOString()} />: {message}
      </span>
    </div>
  );
}

interface Asked<Data> {
  data: Data | undefined;
  error: unknown;
  isPending: boolean;
  isError: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** The states that every list and document goes through; the children see data alone. */
export function Answer<Data>({ asked, what, children }: { asked: Asked<Data>; what: string; children: (data: Data) => ReactNode }) {
  const { data, error, isError } = asked;
  if (data === undefined) {
    return isError ? <Failure error={error} what={what} again={() => void asked.refetch()} /> : <Loading what={what.toLowerCase()} />;
  }
  return (
    <>
      {isError && <Stale since={asked.dataUpdatedAt} error={error} />}
      {children(data)}
    </>
  );
}
