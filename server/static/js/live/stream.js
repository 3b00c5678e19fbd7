// Server-sent events by fetch. Unlike EventSource it can begin at a place, tells why it was
// refused, and notices a connection that is dead: the server is never silent for long.

const SILENCE = 40_000;

export class Refused extends Error {
  constructor(response) {
    super(`the stream was refused: ${response.status}`);
    // A page of HTML is the log-in.
    this.isFinal = response.ok || [401, 403, 404].includes(response.status);
    this.wait = 1000 * (Number(response.headers.get("Retry-After")) || 0);
  }
}

// Reads what came after the place `after`, until the connection ends. `onBatch` is given
// {id, events: [{name, data}]}: what belongs together, and the place behind it.
export async function read(address, { after, signal, onBatch, onRetry }) {
  const ours = new AbortController();
  const stop = () => ours.abort();
  signal.addEventListener("abort", stop);
  let watch = setTimeout(stop, SILENCE);
  try {
    const headers = { Accept: "text/event-stream" };
    if (after) headers["Last-Event-ID"] = after;
    const response = await fetch(address, { headers, cache: "no-store", signal: ours.signal });
    if (!response.ok || !response.headers.get("Content-Type")?.startsWith(headers.Accept)) {
      throw new Refused(response);
    }
    let rest = "";
    let events = [];
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watch);
      watch = setTimeout(stop, SILENCE);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const { event, data, id, retry } = fieldsOf(block);
        if (retry) onRetry(Number(retry));
        if (data) events.push({ name: event, data: JSON.parse(data) });
        if (!id) continue;
        onBatch({ id, events });
        events = [];
      }
    }
  } finally {
    clearTimeout(watch);
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function fieldsOf(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).trimStart(); // else a comment
  }
  return fields;
}
