// What a link of `lumenflow up --ui` opens: a session, once; then the link is gone from the address.
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useSession } from "../api/session";
import { Loading } from "../parts/states";
import { LinkNeeded } from "./SignIn";

function Open({ query }: { query: string }) {
  const [, go] = useLocation();
  const { open } = useSession();
  const [error, setError] = useState<unknown>();
  const asked = useRef(false); // a code is good once, and effects run twice in development
  useEffect(() => {
    const code = new URLSearchParams(query).get("code") ?? "";
    history.replaceState(null, "", "#/open");
    if (asked.current) return;
    asked.current = true;
    open(code).then(() => go("/", { replace: true }), setError);
  }, []);
  return error === undefined ? <Loading what="your session" /> : <LinkNeeded error={error} />;
}

export default Open;
