// What a decision is about, word for word: taken from the document that the digest is of, and from nothing beside it. What the conductor
// says otherwise, or a digest that is another one, is told; then nothing is approved from here.
import type { Schemas } from "../api/conductor";
import { visible } from "../parts/odd";
import { covers } from "./digest";

type Approval = Schemas["Approval"];

/** Of a call; or of an event that waits for its handler, then `tool` is the event's kind. */
export interface Statement {
  tool: string;
  subject: string;
  input: unknown;
  expiresAt: string;
  rules: string[];
  approvals: number;
  /** Of an event: the pack whose handler it would reach. */
  pack?: string;
}

export interface Examined {
  /** The digest is that of what is shown, and what is said beside it is the same. */
  holds: boolean;
  /** Why not, for people. */
  why: string[];
}

export interface Recovery {
  recovery_id: string;
  receipt_id: string;
  cleanup_status: string;
  recovery_action?: string;
  recovery_call?: { tool: string; input: unknown } | null;
  call_digest: string;
  log_id: string;
  state: string;
  tool?: string;
  subject?: string;
  ended_at?: string;
  confirmed_by?: string;
  confirmed_at?: string;
  reason?: string;
}

type Fields = { [name: string]: unknown };

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function statementOf({ preview }: Pick<Approval, "preview">): Statement {
  const covered = fields(preview);
  const surfaces = Array.isArray(covered.surfaces) ? covered.surfaces : [];
  const rules = (Array.isArray(covered.rules) ? covered.rules : []).map((one) => text(fields(one).rule)).filter((rule) => rule !== "");
  const common = {
    expiresAt: text(covered.expires_at),
    rules: rules.length > 0 ? rules : surfaces.filter((one) => typeof one === "string"),
    approvals: Number(covered.approvals ?? 1),
  };
  if (covered.event === undefined) return { ...common, tool: text(covered.tool), subject: text(covered.subject), input: covered.input ?? {} };
  const event = fields(covered.event);
  return { ...common, tool: text(event.kind), subject: text(event.from), input: covered.event, pack: text(covered.pack) };
}

const leftOut = (preview: unknown) => ["input", "event", "summary"].some((name) => Object.hasOwn(fields(fields(preview)[name]), "bytes_left_out"));

async function faultOf(document: unknown, digest: string): Promise<string | undefined> {
  if (crypto.subtle === undefined) return "This browser computes no digests here: it takes https, or an address on this machine.";
  try {
    if (await covers(document, digest)) return undefined;
  } catch {
    // What has no canonical form has no digest: nobody can have signed it.
  }
  return "The digest that would be signed is not that of what is shown here: something of it was changed or left out on its way.";
}

/** Of the outer record, which nobody signed, and of the document under the digest. */
export async function examine(approval: Approval): Promise<Examined> {
  const why: string[] = [];
  const statement = statementOf(approval);
  const { preview, call_digest, tool_name, requested_by, expires_at } = approval;
  if (leftOut(preview)) why.push("It is too large to be sent here, so not all of it is shown.");
  else {
    const fault = await faultOf(preview, call_digest);
    if (fault !== undefined) why.push(fault);
  }
  const compare = (what: string, beside: unknown, covered: string) => {
    const said = text(beside);
    if (said !== covered) why.push(`The conductor says that ${what} is ${visible(said)}; what would be signed says ${covered === "" ? "nothing of it" : visible(covered)}.`);
  };
  compare(statement.pack === undefined ? "the tool" : "the event", tool_name, statement.tool);
  compare("the end of waiting", expires_at, statement.expiresAt);
  // An event waits in the name of the pack that would handle it.
  if (statement.pack === undefined) compare("who asks", requested_by, statement.subject);
  else compare("who asks", text(requested_by).replace(/^.*:pack:/, ""), statement.pack);
  return { holds: why.length === 0, why };
}

/** What the digest of a recovery is of (docs/formats/journal.md). */
export function recoveryDocument({ cleanup_status, log_id, receipt_id, recovery_action, recovery_call, recovery_id }: Recovery) {
  return { cleanup_status, log_id, receipt_id, recovery_action: recovery_action ?? "", recovery_call: recovery_call ?? null, recovery_id };
}

export async function examineRecovery(recovery: Recovery): Promise<Examined> {
  const fault = await faultOf(recoveryDocument(recovery), recovery.call_digest);
  return { holds: fault === undefined, why: fault === undefined ? [] : [fault] };
}

/** Before anything is signed, and whatever was shown: throws what is to be said. */
export async function assured(examining: Promise<Examined>): Promise<void> {
  const { holds, why } = await examining;
  if (!holds) throw new Error(`Nothing was signed. ${why.join(" ")}`);
}
