// Who is here, for everything below: an operator with a session, or this browser as a device, which has a key instead.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { everyDevice, type Kept, signerOf } from "../device/store";
import { actAs, conductor, Problem, type Role } from "./conductor";
import { forgetWord, isLocal, keptWord, type Local, localOf, openLink } from "./local";

export interface Session {
  name: string;
  role: Role;
  expiresAt: string;
  /** Of a device: the one workspace that pinned it. */
  workspace?: string;
  /** Where one workspace serves the page by itself. */
  local?: Local;
}

interface Held {
  /** undefined while it is not known yet; null: nobody. */
  session: Session | null | undefined;
  signIn(name: string, passphrase: string): Promise<void>;
  /** By a link of `lumenflow up --ui`. */
  open(code: string): Promise<void>;
  /** Nobody is here, and a link is what one comes in with. */
  wantsLink: boolean;
  /** As a device whose key is kept here. */
  goOnAs(device: Kept): Promise<void>;
  signOut(): Promise<void>;
  /** The conductor said that the session is over. */
  lost(): void;
}

const SessionContext = createContext<Held | undefined>(undefined);
const hourMs = 3_600_000;

async function asDevice(device: Kept): Promise<Session> {
  const { key, subject } = signerOf(device);
  const { expires_at } = await conductor.renew(device.workspace, device.deviceId, key);
  actAs({ key, subject });
  return { name: device.name, role: "operator", expiresAt: expires_at, workspace: device.workspace };
}

// An operator who is signed in goes before a device; of several devices the first that still counts.
async function resume(): Promise<Session | null | "link"> {
  try {
    const opened = await conductor.resumeSession(keptWord());
    return { name: opened.name, role: opened.role, expiresAt: opened.expires_at, ...localOf(opened) };
  } catch (error) {
    if (!(error instanceof Problem) || error.httpStatus === 0) throw error;
    if (isLocal(error)) return "link";
  }
  for (const device of await everyDevice().catch(() => [])) {
    try {
      return await asDevice(device);
    } catch (error) {
      if (!(error instanceof Problem) || error.httpStatus === 0) throw error;
    }
  }
  return null;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [wantsLink, setWantsLink] = useState(false);
  const kept = useQueryClient();
  useEffect(() => {
    let gone = false;
    const ask = () => {
      resume().then(
        (found) => {
          if (gone) return;
          setWantsLink(found === "link");
          setSession(found === "link" ? null : found);
        },
        (error) => {
          if (gone) return;
          if (error instanceof Problem && error.httpStatus === 0) setTimeout(ask, 1500);
          else setSession(null);
        },
      );
    };
    ask();
    return () => {
      gone = true;
    };
  }, []);
  const lost = useCallback(() => {
    actAs(undefined);
    kept.clear();
    setWantsLink(session?.local !== undefined);
    setSession(null);
  }, [kept, session?.local]);
  const held = useMemo<Held>(
    () => ({
      session,
      wantsLink,
      lost,
      async open(code) {
        actAs(undefined);
        const opened = await openLink(code);
        setSession({ name: opened.name, role: opened.role, expiresAt: opened.expires_at, ...localOf(opened) });
      },
      async signIn(name, passphrase) {
        actAs(undefined);
        const opened = await conductor.signIn(name, passphrase);
        setSession({ name: opened.name, role: opened.role, expiresAt: opened.expires_at });
      },
      async goOnAs(device) {
        setSession(await asDevice(device));
      },
      async signOut() {
        if (session?.workspace === undefined) await conductor.signOut().catch(() => undefined);
        forgetWord();
        lost();
      },
    }),
    [session, wantsLink, lost],
  );
  // A device's token is good for a day: a new one comes by its key well before that.
  useEffect(() => {
    if (session?.workspace === undefined) return undefined;
    const timer = setInterval(() => {
      void everyDevice().then((devices) => {
        const device = devices.find((one) => one.workspace === session.workspace);
        if (device !== undefined) asDevice(device).then(setSession, (error) => error instanceof Problem && error.httpStatus >= 400 && error.httpStatus < 500 && lost());
      });
    }, 6 * hourMs);
    return () => clearInterval(timer);
  }, [session?.workspace, lost]);
  // Whatever is refused for want of a session ends it here, too.
  useEffect(
    () =>
      kept.getQueryCache().subscribe((event) => {
        const error = event.query.state.error;
        if (event.type === "updated" && error instanceof Problem && (error.code === "UNAUTHENTICATED" || error.code === "TOKEN_REVOKED")) lost();
      }),
    [kept, lost],
  );
  return <SessionContext.Provider value={held}>{children}</SessionContext.Provider>;
}

export function useSession(): Held {
  const held = useContext(SessionContext);
  if (held === undefined) throw new Error("outside of a SessionProvider");
  return held;
}

/** Below the sign-in, where there is one for sure. */
export function useWho(): Session {
  const { session } = useSession();
  if (!session) throw new Error("nobody is signed in");
  return session;
}
