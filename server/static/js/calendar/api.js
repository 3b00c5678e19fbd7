// The interface, asked as this page's reader. Every answer says what it is: `ok` with `data`, a
// refusal with its `problem`, or `lost` when no answer came.

const BASE = "/api/v1";

async function ask(method, path, { body = undefined, headers = {} } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers: sent, body: body && JSON.stringify(body), cache: "no-store" });
  } catch {
    return { lost: true };
  }
  if (answer.status === 304) return { unchanged: true };
  const said = await answer.json().catch(() => null);
  const etag = answer.headers.get("ETag");
  if (answer.ok) return { ok: true, data: said?.data, etag };
  return { status: answer.status, problem: said ?? { title: answer.statusText, errors: [] }, lost: answer.status === 503 };
}

// Only the version in front counts in If-Match.
const matching = (version) => ({ "If-Match": `"${version}-0"` });

/** A key under which a wish is booked once, however often it is sent. */
export const key = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

export const read = (question, etag = null) =>
  ask("GET", `/calendar?${new URLSearchParams(question)}`, { headers: etag ? { "If-None-Match": etag } : {} });
export const booking = (id) => ask("GET", `/bookings/${id}?include=resource`);
export const check = (body) => ask("POST", "/bookings:check", { body });
export const create = (body, once) => ask("POST", "/bookings", { body, headers: { "Idempotency-Key": once } });
export const change = (id, version, body) => ask("PATCH", `/bookings/${id}`, { body, headers: matching(version) });
export const act = (id, version, verb, body = undefined) =>
  ask("POST", `/bookings/${id}/${verb}`, { body, headers: matching(version) });
