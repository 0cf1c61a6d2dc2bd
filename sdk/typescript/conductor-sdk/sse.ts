// Server-sent events from a fetch: what a browser's EventSource cannot be asked for with headers.

export interface ServerEvent {
  /** The position to resume from. */
  id: string;
  event: string;
  data: string;
}

/** The events of an answer's body, until it ends. Comments (heartbeats) are passed over. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let next: ServerEvent = { id: "", event: "message", data: "" };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (next.data !== "") yield { ...next, data: next.data.slice(0, -1) };
          next = { id: next.id, event: "message", data: "" };
          continue;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "id") next.id = text;
        if (field === "event") next.event = text;
        if (field === "data") next.data += text + "\n";
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
