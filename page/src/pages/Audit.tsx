// What was done and refused at this conductor about a workspace, and the proof of each entry, checked here.
import { Alert, Button, Drawer, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { CircleCheck, CircleX, Download, ScrollText, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { conductor, type Schemas } from "../api/conductor";
import { sameJson, write } from "../api/exact";
import { useWho } from "../api/session";
import { Badge } from "../parts/Badge";
import { Facts } from "../parts/Facts";
import { Json } from "../parts/Json";
import { visible } from "../parts/odd";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { save } from "../parts/save";
import { Answer, Empty, Failure, Loading } from "../parts/states";
import { Clock, Moment } from "../parts/Time";
import { check, type Checked, type Proof } from "../proof/proof";
import { type Entry, said, toneOf } from "./audit/words";
import style from "./Audit.module.css";

type Item = Schemas["AuditItem"];

const { api } = conductor;
const rowHeight = 42;
const newest = 5_000;

const entryOf = (item: Item) => item.entry as unknown as Entry;

function Audit({ id }: { id: string }) {
  const { local } = useWho();
  const asked = useInfiniteQuery({
    queryKey: ["audit", id],
    initialPageParam: 0,
    queryFn: async ({ pageParam }) => {
      // A workspace's own journal has every call: the newest of it.
      const after = local && pageParam === 0 ? Math.max(0, (await conductor.told(api.GET("/v2/head"))).size - newest) : pageParam;
      return conductor.told(api.GET("/v2/workspaces/{id}/audit", { params: { path: { id }, query: { after, limit: 1000 } } }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 10_000,
  });
  const [wanted, setWanted] = useState("");
  const [type, setType] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Item>();
  const list = useRef<HTMLDivElement>(null);
  // The rest is read on, page by page.
  useEffect(() => {
    if (asked.hasNextPage && !asked.isFetchingNextPage) void asked.fetchNextPage();
  }, [asked.hasNextPage, asked.isFetchingNextPage, asked.fetchNextPage]);

  const items = useMemo(() => (asked.data?.pages ?? []).flatMap((page) => page.items).reverse(), [asked.data]);
  const types = useMemo(() => [...new Set(items.map((item) => entryOf(item).type))].sort(), [items]);
  const shown = useMemo(() => {
    const word = wanted.trim().toLowerCase();
    return items.filter((item) => (type === null || entryOf(item).type === type) && (word === "" || JSON.stringify(item.entry).toLowerCase().includes(word)));
  }, [items, type, wanted]);
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => list.current, estimateSize: () => rowHeight, overscan: 10 });

  return (
    <Page
      filled
      title="Audit"
      lead={`${local ? "The workspace's own journal, its newest entries." : "What was done and refused here about this workspace."} Each entry is a leaf of a signed tree; the proof of one is checked in this browser.`}
      actions={
        <>
          <TextInput aria-label="Find in the audit" placeholder="Find" leftSection={<Search size={15} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} className={style.find} />
          <Select aria-label="Type" placeholder="All types" data={types} value={type} onChange={setType} clearable searchable className={style.types} comboboxProps={{ shadow: "md" }} />
          <Button variant="default" leftSection={<Download size={15} />} disabled={shown.length === 0} onClick={() => save(`audit-${id}.jsonl`, `${shown.map((item) => write(item)).reverse().join("\n")}\n`, "application/x-ndjson")}>
            Export
          </Button>
        </>
      }
    >
      <Answer asked={asked} what="The audit">
        {() => (
          <div className={`${style.frame} lf-card`}>
            {shown.length === 0 ? (
              <Empty icon={ScrollText} title={items.length === 0 ? "Nothing has been recorded yet" : "No entry is like that"} />
            ) : (
              <div className={style.list} ref={list} tabIndex={0} role="region" aria-label="Entries">
                <div className={style.space} style={{ height: virtual.getTotalSize() }}>
                  {virtual.getVirtualItems().map((row) => {
                    const item = shown[row.index];
                    if (item === undefined) return null;
                    const entry = entryOf(item);
                    return (
                      <div key={item.position} className={style.slot} style={{ transform: `translateY(${row.start}px)` }}>
                        <button type="button" className={style.row} onClick={() => setChosen(item)}>
                          <span className={style.time}>{entry.ts ? <Clock at={entry.ts} /> : "–"}</span>
                          <span className={style.type}>
                            <Badge tone={toneOf(entry)}>{visible(String(entry.type))}</Badge>
                          </span>
                          <span className={style.subject}><Said text={entry.subject} /></span>
                          <span className={style.said}>{said(entry)}</span>
                        </button>
                      </div>
                    );
                  })}
                </div>
              </div>
            )}
          </div>
        )}
      </Answer>
      <Drawer opened={chosen !== undefined} onClose={() => setChosen(undefined)} position="right" size="lg" title={chosen ? entryOf(chosen).type : ""}>
        {chosen && <One item={chosen} />}
      </Drawer>
    </Page>
  );
}

function One({ item }: { item: Item }) {
  const entry = entryOf(item);
  return (
    <>
      <Facts facts={[["Position", String(item.position)], ["When", entry.ts && <Moment at={entry.ts} />], ["Who", entry.subject && <Said key="w" text={entry.subject} />]]} />
      <Json value={item.entry} label="The entry" />
      <Proven position={item.position} shown={item.entry} />
    </>
  );
}

interface ProvenProps {
  position: number;
  /** The entry as it stands above; where nothing does, the proven one is shown. */
  shown?: unknown;
}

/** Of one position of the conductor's log: asks for the proof and for the key, and checks; also that it is of what is shown. */
export function Proven({ position, shown }: ProvenProps) {
  const [checked, setChecked] = useState<Checked>();
  const asked = useQuery({
    queryKey: ["proof", position],
    queryFn: async () => {
      const [proof, head] = await Promise.all([
        conductor.told(api.GET("/v2/audit/{position}/proof", { params: { path: { position: String(position) } } })) as Promise<Proof>,
        conductor.told(api.GET("/v2/head")),
      ]);
      return { proof, key: head.public_key };
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  // Not kept by the position: what is shown may come otherwise the next time.
  useEffect(() => {
    let gone = false;
    setChecked(undefined);
    if (asked.data) void check(asked.data.proof, asked.data.key, { position, shown }).then(
      (found) => gone || setChecked(found),
      () => gone || setChecked({ holds: false, steps: [{ what: "The proof can be read by this browser", holds: false }] }),
    );
    return () => {
      gone = true;
    };
  }, [asked.data, position, shown]);
  if (asked.isError) return <Failure error={asked.error} what="The proof" />;
  if (asked.isPending || checked === undefined) return <Loading what="the proof" />;
  const { proof, key } = asked.data;
  const differs = checked.entry !== undefined && (shown === undefined || !sameJson(checked.entry, shown));
  return (
    <section className={style.proof} aria-label="Proof">
      <Alert color={checked.holds ? "green" : "red"} variant="light" icon={checked.holds ? <CircleCheck size={18} /> : <CircleX size={18} />} title={checked.holds ? "The proof holds" : "The proof does not hold"}>
        <ol className={style.steps}>
          {checked.steps.map((step) => (
            <li key={step.what} data-holds={step.holds}>
              {step.what}
              {step.holds ? "" : ": no"}
            </li>
          ))}
        </ol>
        <p>
          Checked by this browser against the key <code>{key}</code>. Compare the key, or the head, with what others have kept.
        </p>
        <Button size="xs" variant="default" leftSection={<Download size={14} />} onClick={() => save(`proof-${position}.json`, `${write(proof, 2)}\n`)}>
          Download the proof
        </Button>
      </Alert>
      {differs && (
        <>
          <h3>{shown === undefined ? "The entry that is proven" : "What the log holds there"}</h3>
          <Json value={checked.entry} label="The proven entry" />
        </>
      )}
      <p className={style.by}>
        By anybody: <code>python3 tools/lumenflow_verify proof proof-{position}.json --key KEY</code>
      </p>
    </section>
  );
}

export default Audit;
