// `helm test`: the gateway is there, and given a key an event goes in, is counted, and shows in an answer. Exits with 0 or 1.
import { randomUUID } from 'node:crypto';

const { GATEWAY, API_KEY, EVENT, METRIC, MEASURE } = process.env;
const WAIT_MS = 60_000;

async function call(path, init = {}) {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const response = await fetch(`${GATEWAY}${path}`, { ...init, headers, signal: AbortSignal.timeout(15_000) });
  const body = await response.json();
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

async function ready() {
  const response = await fetch(`${GATEWAY}/health/ready`, { signal: AbortSignal.timeout(15_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`the gateway is not ready: ${response.status} ${body}`);
  console.log(`the gateway is ready: ${body}`);
}

async function count(receipt, range) {
  const question = { metric: METRIC, kind: 'summary', measures: [MEASURE], ...range, zone: 'UTC', after: [receipt] };
  const answer = await call('/v1/query', { method: 'POST', body: JSON.stringify(question) });
  console.log(`answer: ${JSON.stringify(answer)}`);
  return Number(answer.rows?.[0]?.[MEASURE]);
}

async function roundTrip() {
  const now = new Date();
  const event = { ...JSON.parse(EVENT), id: `helm-test-${randomUUID()}`, occurred_at: now.toISOString() };
  const sent = await call('/v1/events', { method: 'POST', body: JSON.stringify(event) });
  if (sent.accepted !== 1) throw new Error(`the event was not accepted: ${JSON.stringify(sent)}`);
  const until = Date.now() + WAIT_MS;
  for (let counted = false; !counted;) {
    if (Date.now() > until) throw new Error(`the event was not counted within ${WAIT_MS / 1000} s`);
    ({ counted } = await call(`/v1/receipts/${encodeURIComponent(sent.receipt)}?wait_ms=5000`));
  }
  const day = now.toISOString().slice(0, 10);
  const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  const found = await count(sent.receipt, { from: day, to: next });
  if (!(found >= 1)) throw new Error('the event is counted and yet in no answer');
  console.log('an event went in, was counted, and is in the answer');
}

try {
  await ready();
  if (API_KEY) await roundTrip();
  else console.log('no key given (helmTest.existingSecret): no event was sent');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
