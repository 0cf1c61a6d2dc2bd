// What surrounds every page: where one is, where one can go, whether the conductor is there, and who is signed in.
import { ActionIcon, Indicator, Menu, Select, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Activity, BookOpen, Boxes, CircleStop, Laptop, LayoutGrid, LifeBuoy, ListChecks, LogOut, type LucideIcon, Menu as More, MessagesSquare, Moon, ScrollText, Settings, ShieldCheck, Sun, UserRound, Wrench } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useFleet, usePendingApprovals } from "../api/queries";
import { useSession, useWho } from "../api/session";
import { Connection } from "./Connection";
import style from "./Shell.module.css";
import { usePlace } from "./place";

interface Place {
  to: string;
  name: string;
  icon: LucideIcon;
  count?: number;
}

function everywhere(pending: number, local: boolean): Place[] {
  return [
    ...(local ? [] : [{ to: "/", name: "Fleet", icon: LayoutGrid }]),
    { to: "/approvals", name: "Approvals", icon: ListChecks, count: pending },
    ...(local ? [] : [{ to: "/devices", name: "Devices", icon: Laptop }]),
    { to: "/settings", name: "Settings", icon: Settings },
  ];
}

function ofWorkspace(id: string): Place[] {
  const base = `/w/${encodeURIComponent(id)}`;
  return [
    { to: base, name: "Timeline", icon: Activity },
    { to: `${base}/tools`, name: "Tools", icon: Wrench },
    { to: `${base}/turns`, name: "Turns", icon: MessagesSquare },
    { to: `${base}/recoveries`, name: "Recoveries", icon: LifeBuoy },
    { to: `${base}/audit`, name: "Audit", icon: ScrollText },
    { to: `${base}/catalogue`, name: "Catalogue", icon: BookOpen },
    { to: `${base}/packs`, name: "Packs", icon: Boxes },
    { to: `${base}/stop`, name: "Stop", icon: CircleStop },
  ];
}

function Entry({ place, here }: { place: Place; here: boolean }) {
  const Icon = place.icon;
  return (
    <Link href={place.to} className={style.entry} data-here={here} aria-current={here ? "page" : undefined}>
      <Icon size={17} aria-hidden />
      <span>{place.name}</span>
      {place.count ? (
        <span className={style.count} aria-label={`${place.count} waiting`}>
          {place.count}
        </span>
      ) : null}
    </Link>
  );
}

function isHere(path: string, to: string): boolean {
  if (to === "/" || /^\/w\/[^/]+$/.test(to)) return path === to;
  return path === to || path.startsWith(`${to}/`);
}

function Brand() {
  return (
    <Link href="/" className={style.brand} aria-label="LumenFlow">
      <img src="/icon.svg" alt="" width={26} height={26} />
      <span>LumenFlow</span>
    </Link>
  );
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const name = dark ? "Light colours" : "Dark colours";
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={name} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        {dark ? <Sun size={18} /> : <Moon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account() {
  const { signOut } = useSession();
  const who = useWho();
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Signed in as ${who.name}`}>
          <UserRound size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {who.name} · {who.role}
        </Menu.Label>
        <Menu.Item component={Link} href="/settings" leftSection={<Settings size={15} />}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const [path, go] = useLocation();
  const { workspace, remember } = usePlace(path);
  const fleet = useFleet();
  const { local } = useWho();
  const ids = (fleet.data ?? []).filter((one) => one.state === "active").map((one) => one.workspace_id);
  const pending = usePendingApprovals(ids);
  const main = useRef<HTMLElement>(null);
  const [opened, setOpened] = useState(false);
  const first = useRef(true);

  // The first workspace there is, until one is chosen.
  const chosen = local?.workspace ?? workspace ?? ids[0];
  // A reader of the screen starts at the top of what is new.
  useEffect(() => {
    setOpened(false);
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [path]);

  const waiting = pending.data?.length ?? 0;
  const top = everywhere(waiting, local !== undefined);
  const below = chosen === undefined ? [] : ofWorkspace(chosen);
  const choose = (id: string | null) => {
    if (id === null) return;
    remember(id);
    const within = /^\/w\/[^/]+(\/[^/]+)?/.exec(path)?.[1] ?? "";
    go(`/w/${encodeURIComponent(id)}${within}`);
  };
  const entries = (places: Place[]) => places.map((place) => <Entry key={place.to} place={place} here={isHere(path, place.to)} />);
  const phone: Place[] = [...(local ? [top[0], below[0], below[1], below[2]] : [top[0], top[1], below[0], below[1]])].filter((place) => place !== undefined);

  return (
    <div className={style.shell}>
      <a className="lf-skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to the content
      </a>
      <aside className={style.side} data-opened={opened}>
        <Brand />
        <nav aria-label="Everything">{entries(top)}</nav>
        <div className={style.chooser} hidden={local !== undefined}>
          <Select
            label="Workspace"
            size="sm"
            data={ids}
            value={chosen ?? null}
            onChange={choose}
            allowDeselect={false}
            searchable={ids.length > 8}
            placeholder="None yet"
            nothingFoundMessage="No such workspace"
            comboboxProps={{ shadow: "md" }}
          />
        </div>
        <nav aria-label="This workspace">{entries(below)}</nav>
      </aside>
      <header className={style.top}>
        <span className={style.phoneBrand}>
          <Brand />
        </span>
        <span className={style.where}>{workspace !== undefined && path.startsWith("/w/") ? <><ShieldCheck size={15} aria-hidden /> {workspace}</> : null}</span>
        <Connection offline={fleet.isError && fleet.failureCount > 0} of={path.startsWith("/w/") ? fleet.data?.find((one) => one.workspace_id === workspace) : undefined} />
        <ThemeSwitch />
        <Account />
      </header>
      <main id="main" className={style.main} tabIndex={-1} ref={main}>
        {children}
      </main>
      <nav className={style.tabs} aria-label="Most used">
        {phone.map((place) => {
          const Icon = place.icon;
          const here = isHere(path, place.to);
          return (
            <Link key={place.to} href={place.to} className={style.tab} data-here={here} aria-current={here ? "page" : undefined}>
              <Indicator disabled={!place.count} label={place.count} size={16} color="red" offset={2}>
                <Icon size={20} aria-hidden />
              </Indicator>
              {place.name}
            </Link>
          );
        })}
        <button type="button" className={style.tab} data-here={opened} aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <More size={20} aria-hidden />
          More
        </button>
      </nav>
    </div>
  );
}
