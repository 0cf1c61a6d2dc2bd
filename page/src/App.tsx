import { lazy, Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";
import { SessionProvider, useSession } from "./api/session";
import { Shell } from "./parts/Shell";
import { Loading } from "./parts/states";
import { SignIn } from "./pages/SignIn";

const Fleet = lazy(() => import("./pages/Fleet"));
const TimelinePage = lazy(() => import("./pages/TimelinePage"));

function Pages() {
  return (
    <Shell>
      <Suspense fallback={<Loading what="this page" />}>
        <Switch>
          <Route path="/" component={Fleet} />
          <Route path="/w/:id">{({ id }) => <TimelinePage key={id} id={id} />}</Route>
          <Route>
            <Redirect to="/" />
          </Route>
        </Switch>
      </Suspense>
    </Shell>
  );
}

function Gate() {
  const { session } = useSession();
  if (session === undefined) return <Loading what="your session" />;
  return session === null ? <SignIn /> : <Pages />;
}

export function App() {
  return (
    <SessionProvider>
      <Gate />
    </SessionProvider>
  );
}
