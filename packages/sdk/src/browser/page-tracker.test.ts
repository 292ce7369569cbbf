import { expect, it } from 'vitest';
import { createPageTracker } from './page-tracker.ts';

function openPage() {
  const listeners: (() => void)[] = [];
  const page = { visibilityState: 'visible', addEventListener: (_type: string, listener: () => void) => void listeners.push(listener) };
  const requests: { readonly url: string; readonly init: RequestInit }[] = [];
  let isGone = false;
  const fake: typeof fetch = (url, init = {}) => {
    requests.push({ url: String(url), init });
    // What a page that is gone had under way is never answered to it.
    if (isGone) return new Promise(() => undefined);
    return Promise.resolve(Response.json({ accepted: 1, rejected: [], retry: [], receipt: 'tgr1.x' }, { status: 202 }));
  };
  const tracker = createPageTracker({ gateway: 'https://events.example.org/', publishableKey: 'pub', page, fetch: fake });
  return {
    tracker,
    requests,
    hide(): void {
      isGone = true;
      page.visibilityState = 'hidden';
      for (const listener of listeners) listener();
    },
  };
}

it('sends in the background what is tracked', async () => {
  const { tracker, requests } = openPage();
  tracker.trackMaterial('ada', 'viewed', { material_id: 'm-1', material_type: 'video' });
  await tracker.flush();
  expect(requests).toHaveLength(1);
  expect(requests[0]?.url).toBe('https://events.example.org/v1/events');
  expect(new Headers(requests[0]?.init.headers).get('authorization')).toBe('Bearer pub');
  await tracker.close();
});

it('sends what is left in a request that outlives the page when the page is hidden', async () => {
  const { tracker, requests, hide } = openPage();
  tracker.trackLevel('ada', 3);
  tracker.trackStreak('ada', 5);
  hide();
  expect(requests).toHaveLength(1);
  const init = requests[0]?.init;
  expect(init?.keepalive).toBe(true);
  const lines = String(init?.body).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['learning.level.reached', 'learning.streak.updated']);
  await tracker.close(1);
});

it('keeps what it sends last within what browsers let outlive a page, the newest first', async () => {
  const { tracker, requests, hide } = openPage();
  for (let n = 1; n <= 90; n++) tracker.track('note.written', { data: { n, text: 'x'.repeat(2_000) } });
  hide();
  const body = String(requests[0]?.init.body);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60_000);
  const numbers = body
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { data: { n: number } }).data.n);
  expect(numbers.length).toBeGreaterThan(25);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => 90 - numbers.length + 1 + at));
  await tracker.close(1);
});

it('sends nothing when a page without news is hidden', async () => {
  const { tracker, requests, hide } = openPage();
  hide();
  expect(requests).toEqual([]);
  await tracker.close();
});
