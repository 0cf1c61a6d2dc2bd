// The page of one workspace, which its sidecar serves without a conductor (`lumenflow up --ui`): the same questions, of
// one workspace; a link in a passphrase's place.
import { conductor, Problem, type Schemas } from "./conductor";

export interface Local {
  workspace: string;
  /** The operator's key is at hand there: what is decided here is signed by it. */
  signs: boolean;
}

type Opened = Schemas["Session"] & { local?: { workspace_id: string; signs: boolean } };

export function localOf(opened: Opened): { local?: Local } {
  return opened.local === undefined ? {} : { local: { workspace: opened.local.workspace_id, signs: opened.local.signs } };
}

export function isLocal(problem: Problem): boolean {
  return (problem.document as { sign_in?: string } | undefined)?.sign_in === "link";
}

// Every port of a machine is sent the cookie, and only this origin reads what it keeps here: the session is of both.
const wordKey = "lumenflow.local.word";

/** What goes with the cookie of a link's session; empty: none was opened here. */
export function keptWord(): string {
  return localStorage.getItem(wordKey) ?? "";
}

export function forgetWord(): void {
  localStorage.removeItem(wordKey);
}

/** The link is good once: the session's cookie and word stay. */
export async function openLink(code: string): Promise<Opened> {
  const { csrf } = await conductor.told(conductor.api.POST("/v2/session", { body: { code } as unknown as Schemas["SignIn"] }));
  localStorage.setItem(wordKey, csrf);
  return conductor.resumeSession(csrf);
}
