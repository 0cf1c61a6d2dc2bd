// A call, or an event, that waits for a person: all of it from the document that the digest is of. What stands only beside it is said apart.
import { Facts } from "../../parts/Facts";
import { Json } from "../../parts/Json";
import { Said } from "../../parts/Said";
import { Ago, Moment } from "../../parts/Time";
import { type Statement, statementOf } from "../../device/examine";
import type { Schemas } from "../../api/conductor";

type Approval = Schemas["Approval"];

function until({ expiresAt }: Statement) {
  if (Number.isNaN(Date.parse(expiresAt))) return <Said text={expiresAt === "" ? "not said" : expiresAt} />;
  return (
    <span>
      <Ago at={expiresAt} /> (<Moment at={expiresAt} />), and then it is denied
    </span>
  );
}

export function What({ approval }: { approval: Approval }) {
  const statement = statementOf(approval);
  const { summary } = approval.preview as { summary?: { data?: unknown } };
  return (
    <>
      <Facts
        facts={[
          [statement.pack === undefined ? "Tool" : "Event", <code key="t"><Said text={statement.tool} /></code>],
          ["Workspace", <Said key="w" text={approval.workspace_id} />],
          [statement.pack === undefined ? "Asked by" : "From", <code key="s"><Said text={statement.subject} /></code>],
          ["Handled by", statement.pack === undefined ? undefined : <Said key="p" text={statement.pack} />],
          ["Over", until(statement)],
          ["Because of", statement.rules.length > 0 ? <Said key="b" text={statement.rules.join(", ")} /> : undefined],
          ["Needs", statement.approvals > 1 ? `${statement.approvals} approvals` : undefined],
        ]}
      />
      <h3>{statement.pack === undefined ? "Its input" : "The event"}</h3>
      <Json value={statement.input} label="The input of the call" />
      {summary !== undefined && (
        <>
          <h3>What it would do, as its pack says</h3>
          <Json value={summary.data ?? summary} label="What the call would do" />
        </>
      )}
    </>
  );
}
