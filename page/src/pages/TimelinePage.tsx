// What a workspace's agents do, as it happens.
import { ActionIcon, Button, Drawer, MultiSelect, TextInput, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, Pause, Play, Search } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { type Row, Timeline } from "../live/timeline";
import { summary, toneOfEvent } from "../live/words";
import { Badge } from "../parts/Badge";
import { EventDetail } from "../parts/EventDetail";
import { visible } from "../parts/odd";
import { Page } from "../parts/Page";
import { Empty, Failure, Loading } from "../parts/states";
import { Clock } from "../parts/Time";
import style from "./TimelinePage.module.css";

const rowHeight = 40;

const Line = memo(function Line({ row, chosen, choose }: { row: Row; chosen: boolean; choose: (row: Row) => void }) {
  return (
    <button type="button" className={style.row} data-chosen={chosen} onClick={() => choose(row)}>
      <span className={style.time}>{row.at ? <Clock at={row.at} ms /> : "–"}</span>
      <span className={style.mark} data-tone={toneOfEvent(row)} aria-hidden />
      <span className={style.kind}>{visible(row.kind)}</span>
      <span className={style.summary}>{summary(row)}</span>
    </button>
  );
});

function useTimeline(id: string) {
  const [timeline] = useState(() => new Timeline(id));
  useEffect(() => {
    timeline.start();
    return () => timeline.stop();
  }, [timeline]);
  const snapshot = useSyncExternalStore(timeline.subscribe, timeline.get);
  return { timeline, snapshot };
}

function TimelinePage({ id }: { id: string }) {
  const { timeline, snapshot } = useTimeline(id);
  const [paused, setPaused] = useState<number>(); // how many had come when it was
  const [wanted, setWanted] = useState("");
  const [kinds, setKinds] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Row>();
  const [follows, setFollows] = useState(true);
  const list = useRef<HTMLDivElement>(null);
  const { ring } = timeline;
  const total = ring.forgotten + ring.length;
  const until = paused === undefined ? ring.length : Math.max(0, Math.min(ring.length, paused - ring.forgotten));

  const known = useMemo(() => {
    const found = new Set<string>();
    for (let index = 0; index < ring.length; ++index) found.add(ring.at(index)?.kind ?? "");
    return [...found].sort();
    // Kinds are few and change seldom: not looked for at each frame.
  }, [ring, snapshot.state, Math.floor(total / 250), kinds]);

  const indexes = useMemo(() => {
    const word = wanted.trim().toLowerCase();
    if (word === "" && kinds.length === 0) return undefined;
    return ring.matching((row) => (kinds.length === 0 || kinds.includes(row.kind)) && (word === "" || row.text.includes(word))).filter((index) => index < until);
  }, [ring, snapshot.version, until, wanted, kinds]);

  const count = indexes?.length ?? until;
  const rowAt = (index: number) => ring.at(indexes === undefined ? index : (indexes[index] ?? -1));
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => list.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => rowAt(index)?.id ?? index,
  });

  // Stays at the newest as long as the reader is there.
  useEffect(() => {
    if (follows && paused === undefined && count > 0) virtual.scrollToIndex(count - 1, { align: "end" });
  }, [follows, paused, count, snapshot.version]);

  const scrolled = () => {
    const element = list.current;
    if (element !== null) setFollows(element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight * 2);
  };

  const unseen = paused === undefined ? 0 : total - paused;
  return (
    <Page
      filled
      title="Timeline"
      lead={<Standing state={snapshot.state} perSecond={snapshot.perSecond} caughtUp={snapshot.caughtUp} />}
      actions={
        <>
          <TextInput aria-label="Find in the events" placeholder="Find" leftSection={<Search size={15} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} className={style.find} />
          <MultiSelect aria-label="Kinds" placeholder={kinds.length === 0 ? "All kinds" : ""} data={known} value={kinds} onChange={setKinds} searchable clearable className={style.kinds} comboboxProps={{ shadow: "md" }} />
          <Button variant={paused === undefined ? "default" : "filled"} leftSection={paused === undefined ? <Pause size={15} /> : <Play size={15} />} onClick={() => setPaused(paused === undefined ? total : undefined)}>
            {paused === undefined ? "Pause" : unseen > 0 ? `Go on (${unseen} new)` : "Go on"}
          </Button>
        </>
      }
    >
      {snapshot.error && snapshot.state === "ended" && <Failure error={new Error(snapshot.error.message)} what="The timeline" />}
      <div className={`${style.frame} lf-card`}>
        {snapshot.state === "loading" ? (
          <Loading what="the events" />
        ) : count === 0 ? (
          <Empty icon={Search} title={indexes === undefined ? "Nothing has happened yet" : "No event is like that"}>
            {indexes === undefined ? "What agents and people do in this workspace appears here as it happens." : "Look for something else, or take the filters away."}
          </Empty>
        ) : (
          <div className={style.list} ref={list} onScroll={scrolled} role="log" aria-label="Events" aria-live="off" tabIndex={0}>
            <div className={style.space} style={{ height: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map((item) => {
                const row = rowAt(item.index);
                if (row === undefined) return null;
                return (
                  <div key={item.key} className={style.slot} style={{ transform: `translateY(${item.start}px)` }}>
                    <Line row={row} chosen={row.id === chosen?.id} choose={setChosen} />
                  </div>
                );
              })}
            </div>
          </div>
        )}
        {!follows && paused === undefined && count > 0 && (
          <Tooltip label="To the newest">
            <ActionIcon className={style.newest} size="lg" radius="xl" aria-label="To the newest" onClick={() => setFollows(true)}>
              <ArrowDown size={18} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <p className={style.note}>
        {count.toLocaleString()} shown{indexes === undefined ? "" : ` of ${until.toLocaleString()}`}
        {ring.forgotten > 0 ? `, ${ring.forgotten.toLocaleString()} older ones let go here; the audit has them` : ""}
      </p>
      <Drawer opened={chosen !== undefined} onClose={() => setChosen(undefined)} position="right" size="lg" title={chosen?.kind}>
        {chosen && <EventDetail workspace={id} row={chosen} />}
      </Drawer>
    </Page>
  );
}

function Standing({ state, perSecond, caughtUp }: { state: string; perSecond: number; caughtUp: number }) {
  return (
    <span role="status">
      {state === "live" && (
        <Badge tone="ok" dot>
          Live
        </Badge>
      )}
      {state === "loading" && <Badge tone="info">Loading</Badge>}
      {state === "reconnecting" && (
        <Badge tone="warn" dot>
          Reconnecting
        </Badge>
      )}
      {state === "ended" && <Badge tone="bad">Ended</Badge>}
      {state === "live" && perSecond >= 0.5 && ` ${perSecond.toFixed(0)} events a second`}
      {state === "live" && caughtUp > 0 && ` You missed ${caughtUp}; they were fetched.`}
    </span>
  );
}

export default TimelinePage;
