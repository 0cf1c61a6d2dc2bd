// One event with everything that stands in it, and the way to the call that it tells of.
import { Button } from "@mantine/core";
import { ArrowRight } from "lucide-react";
import { Link } from "wouter";
import type { Row } from "../live/timeline";
import { payloadOf } from "../live/words";
import { Facts } from "./Facts";
import { Json } from "./Json";
import { Said } from "./Said";
import { Moment } from "./Time";

export function EventDetail({ workspace, row }: { workspace: string; row: Row }) {
  const event = row.event as { [name: string]: unknown };
  const payload = payloadOf(row.event);
  const receipt = typeof payload.receipt_id === "string" ? payload.receipt_id : undefined;
  const turn = typeof payload.turn_id === "string" ? payload.turn_id : undefined;
  const base = `/w/${encodeURIComponent(workspace)}`;
  return (
    <>
      <Facts
        facts={[
          ["Happened", row.at ? <Moment at={row.at} /> : undefined],
          ["From", event.from === undefined ? undefined : <Said key="f" text={event.from} />],
          ["On behalf of", event.on_behalf_of === undefined ? undefined : <Said key="o" text={event.on_behalf_of} />],
          ["Stream", `${String(event.channel ?? "")} ${event.seq === undefined ? "" : `#${String(event.seq)}`}`],
          ["Class", event.class as string | undefined],
          ["Event id", event.event_id as string | undefined],
          ["Receipt", receipt],
          ["Position", String(event.position)],
        ]}
      />
      {receipt !== undefined && (
        <Button component={Link} href={`${base}/audit/${encodeURIComponent(receipt)}`} variant="light" size="xs" rightSection={<ArrowRight size={14} />} mr="xs" mb="md">
          What is known of this receipt
        </Button>
      )}
      {turn !== undefined && (
        <Button component={Link} href={`${base}/turns/${encodeURIComponent(turn)}`} variant="light" size="xs" rightSection={<ArrowRight size={14} />} mb="md">
          The turn
        </Button>
      )}
      <Json value={payload} label="What the event says" />
    </>
  );
}
