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

/** The link is good once: the session's cookie stays. */
export async function openLink(code: string): Promise<Opened> {
  await conductor.told(conductor.api.POST("/v2/session", { body: { code } as unknown as Schemas["SignIn"] }));
  return conductor.resumeSession();
}
