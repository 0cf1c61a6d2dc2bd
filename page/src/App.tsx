import { lazy, Suspense } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { SessionProvider, useSession, useWho } from "./api/session";
import { Shell } from "./parts/Shell";
import { Boundary } from "./parts/Boundary";
import { Loading } from "./parts/states";
import { LinkNeeded, SignIn } from "./pages/SignIn";

const Open = lazy(() => import("./pages/Open"));
const Enroll = lazy(() => import("./pages/Enroll"));
const Fleet = lazy(() => import("./pages/Fleet"));
const Approvals = lazy(() => import("./pages/Approvals"));
const Audit = lazy(() => import("./pages/Audit"));
const Catalogue = lazy(() => import("./pages/Catalogue"));
const Devices = lazy(() => import("./pages/Devices"));
const Packs = lazy(() => import("./pages/Packs"));
const Receipt = lazy(() => import("./pages/Receipt"));
const Recoveries = lazy(() => import("./pages/Recoveries"));
const SettingsPage = lazy(() => import("./pages/SettingsPage"));
const Stop = lazy(() => import("./pages/Stop"));
const Turns = lazy(() => import("./pages/Turns"));
const ToolsPage = lazy(() => import("./pages/ToolsPage"));
const TimelinePage = lazy(() => import("./pages/TimelinePage"));

// A part of the address as it was meant; the router leaves escapes as they are.
function plain(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return part;
  }
}

function Pages() {
  const { local } = useWho();
  const [path] = useLocation();
  const home = local && `/w/${encodeURIComponent(local.workspace)}`;
  return (
    <Shell>
      <Boundary at={path}>
        <Suspense fallback={<Loading what="this page" />}>
          <Switch>
            {/* What is of many workspaces, and of the conductor's own, is not there where one serves the page. */}
            {home === undefined && <Route path="/" component={Fleet} />}
            <Route path="/w/:id">{({ id }) => <TimelinePage key={id} id={plain(id) ?? ""} />}</Route>
            <Route path="/approvals/:id?">{({ id }) => <Approvals id={plain(id)} />}</Route>
            <Route path="/w/:id/tools/:name?">{({ id, name }) => <ToolsPage id={plain(id) ?? ""} name={plain(name)} />}</Route>
            <Route path="/w/:id/turns/:turn?">{({ id, turn }) => <Turns id={plain(id) ?? ""} turn={plain(turn)} />}</Route>
            <Route path="/w/:id/recoveries">{({ id }) => <Recoveries id={plain(id) ?? ""} />}</Route>
            <Route path="/w/:id/audit">{({ id }) => <Audit key={id} id={plain(id) ?? ""} />}</Route>
            <Route path="/w/:id/audit/:receipt">{({ id, receipt }) => <Receipt id={plain(id) ?? ""} receipt={plain(receipt) ?? ""} />}</Route>
            <Route path="/w/:id/catalogue">{({ id }) => <Catalogue id={plain(id) ?? ""} />}</Route>
            <Route path="/w/:id/packs">{({ id }) => <Packs id={plain(id) ?? ""} />}</Route>
            <Route path="/w/:id/stop">{({ id }) => <Stop key={id} id={plain(id) ?? ""} />}</Route>
            {home === undefined && <Route path="/devices" component={Devices} />}
            <Route path="/settings" component={SettingsPage} />
            <Route>
              <Redirect to={home ?? "/"} />
            </Route>
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

function Gate() {
  const { session, wantsLink } = useSession();
  const [path] = useLocation();
  const [place, query = ""] = path.split("?");
  // A link that adds a device is for whoever holds it: a phone that nobody signs in on.
  if (place === "/enroll") {
    return (
      <Suspense fallback={<Loading what="this page" />}>
        <Enroll query={query} />
      </Suspense>
    );
  }
  // A link of `lumenflow up --ui`.
  if (place === "/open") {
    return (
      <Suspense fallback={<Loading what="this page" />}>
        <Open query={query} />
      </Suspense>
    );
  }
  if (session === undefined) return <Loading what="your session" />;
  if (session === null) return wantsLink ? <LinkNeeded /> : <SignIn />;
  return <Pages />;
}

export function App() {
  return (
    <SessionProvider>
      <Gate />
    </SessionProvider>
  );
}
