// Who is signed in, for everything below.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { conductor, Problem, type Role } from "./conductor";

export interface Session {
  name: string;
  role: Role;
  expiresAt: string;
}

interface Held {
  /** undefined while it is not known yet; null: nobody. */
  session: Session | null | undefined;
  signIn(name: string, passphrase: string): Promise<void>;
  signOut(): Promise<void>;
  /** The conductor said that the session is over. */
  lost(): void;
}

const SessionContext = createContext<Held | undefined>(undefined);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const kept = useQueryClient();
  useEffect(() => {
    let gone = false;
    const resume = () => {
      conductor.resumeSession().then(
        ({ name, role, expires_at }) => gone || setSession({ name, role, expiresAt: expires_at }),
        (error) => {
          if (gone) return;
          if (error instanceof Problem && error.httpStatus === 0) setTimeout(resume, 1500);
          else setSession(null);
        },
      );
    };
    resume();
    return () => {
      gone = true;
    };
  }, []);
  const lost = useCallback(() => {
    kept.clear();
    setSession(null);
  }, [kept]);
  const held = useMemo<Held>(
    () => ({
      session,
      lost,
      async signIn(name, passphrase) {
        const opened = await conductor.signIn(name, passphrase);
        setSession({ name: opened.name, role: opened.role, expiresAt: opened.expires_at });
      },
      async signOut() {
        await conductor.signOut().catch(() => undefined);
        lost();
      },
    }),
    [session, lost],
  );
  // Whatever is refused for want of a session ends it here, too.
  useEffect(
    () =>
      kept.getQueryCache().subscribe((event) => {
        const error = event.query.state.error;
        if (event.type === "updated" && error instanceof Problem && error.code === "UNAUTHENTICATED") lost();
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
