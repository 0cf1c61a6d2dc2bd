// Why something was not done, where it was asked for.
import { Alert } from "@mantine/core";
import { told } from "../api/conductor";
import { Said } from "./Said";

export function Refused({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const { code, message } = told(error);
  return (
    <Alert color="red" title={code} role="alert">
      <Said text={message} />
    </Alert>
  );
}
