import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError, ConnectionError } from '../api-error.ts';
import type { SendReport } from '../sender.ts';
import type { EventInput } from '../wire.ts';
import { createEventBuffer, type EventBufferOptions, type TrackProblem } from './event-buffer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const TAKEN: SendReport = { accepted: 1, rejected: [], receipts: [] };
const event = (n: number): EventInput => ({ id: `e${n}`, type: 'a.b', occurred_at: 0, data: {} });
const idsOf = (events: readonly EventInput[]): readonly string[] => events.map(({ id }) => id);

function createBuffer(answer: (ids: readonly string[]) => SendReport | Promise<SendReport>, options: Partial<EventBufferOptions> = {}) {
  const requests: (readonly string[])[] = [];
  const problems: TrackProblem[] = [];
  const buffer = createEventBuffer({
    batchEvents: 3,
    waitMs: 100,
    onProblem: (problem) => problems.push(problem),
    ...options,
    send: async (events) => {
      requests.push(idsOf(events));
      return answer(idsOf(events));
    },
  });
  const add = (...numbers: readonly number[]): readonly boolean[] => numbers.map((n) => buffer.add(event(n)));
  return { ...buffer, give: buffer.add, add, requests, problems };
}

it('sends what has come after a while, or at once where a request is full', async () => {
  const { add, requests } = createBuffer(() => TAKEN);
  expect(add(1, 2)).toEqual([true, true]);
  await vi.advanceTimersByTimeAsync(99);
  expect(requests).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toEqual([['e1', 'e2']]);
  add(3, 4, 5);
  await vi.advanceTimersByTimeAsync(0);
  expect(requests).toEqual([
    ['e1', 'e2'],
    ['e3', 'e4', 'e5'],
  ]);
});

it('sends one request at a time, and what came meanwhile after it', async () => {
  const answers: (() => void)[] = [];
  const { add, requests, flush } = createBuffer(() => new Promise((resolve) => answers.push(() => resolve(TAKEN))));
  add(1, 2, 3, 4);
  const flushed = flush();
  add(5);
  expect(requests).toEqual([['e1', 'e2', 'e3']]);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(requests[1]).toEqual(['e4', 'e5']);
  answers[1]?.();
  await flushed;
  expect(requests).toHaveLength(2);
});

it('keeps what could not be sent, in its order, and tries again after a longer while', async () => {
  let isAway = true;
  const { add, requests, problems } = createBuffer(() => (isAway ? Promise.reject(new ConnectionError('away')) : TAKEN));
  add(1, 2, 3);
  await vi.advanceTimersByTimeAsync(0);
  isAway = false;
  add(4);
  await vi.advanceTimersByTimeAsync(499);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests.slice(1)).toEqual([['e1', 'e2', 'e3'], ['e4']]);
  expect(problems).toMatchObject([{ kind: 'unsent', error: { message: 'away' } }]);
});

it('holds no more than it may: the oldest go, each is told and counted, and what is left is sent with the ids that it had', async () => {
  let isAway = true;
  const away = createBuffer(() => (isAway ? Promise.reject(new ConnectionError('away')) : TAKEN), { eventsMax: 4 });
  const { add, problems, unsettled, flush, lost, requests } = away;
  add(1, 2, 3);
  await vi.advanceTimersByTimeAsync(0);
  expect(add(4, 5, 6)).toEqual([true, true, true]);
  expect(problems.slice(1)).toEqual([
    { kind: 'full', events: 1 },
    { kind: 'full', events: 1 },
  ]);
  expect([idsOf(unsettled()), lost()]).toEqual([['e3', 'e4', 'e5', 'e6'], 2]);
  isAway = false;
  await flush();
  expect([requests.slice(1), lost()]).toEqual([[['e3', 'e4', 'e5'], ['e6']], 2]);
});

it('takes nothing in place of what is under way, which may be counted already', async () => {
  const { add, problems, unsettled, lost } = createBuffer(() => new Promise(() => undefined), { eventsMax: 3 });
  add(1, 2, 3);
  await vi.advanceTimersByTimeAsync(0);
  expect([add(4), idsOf(unsettled()), lost()]).toEqual([[false], ['e1', 'e2', 'e3'], 1]);
  expect(problems).toEqual([{ kind: 'full', events: 1 }]);
});

it('drops an event that cannot be written, and no other with it', async () => {
  const { give, flush, lost, requests, problems } = createBuffer((ids) => {
    if (ids.includes('e2')) throw new TypeError('Converting circular structure to JSON');
    return TAKEN;
  });
  const data: Record<string, unknown> = {};
  data['self'] = data;
  for (const one of [event(1), { ...event(2), data }, event(3)]) give(one);
  await flush();
  expect(requests.map((ids) => ids.join(' '))).toEqual(['e1 e2 e3', 'e1 e3']);
  expect([problems.map(({ kind }) => kind), lost()]).toEqual([['unsent', 'given_up'], 1]);
});

it('never fails its caller, nor itself, for a listener that does', async () => {
  const rejection = { index: 0, id: 'e1', code: 'type_unknown', path: null, message: '' };
  let isAway = true;
  const { add, flush, close, lost, requests } = createBuffer(
    () => (isAway ? Promise.reject(new ConnectionError('away')) : { ...TAKEN, rejected: [rejection] }),
    {
      eventsMax: 2,
      onProblem: () => {
        throw new Error('no log');
      },
    },
  );
  expect(add(1, 2, 3)).toEqual([true, true, true]);
  await expect(flush()).rejects.toThrow('away');
  isAway = false;
  await flush();
  expect(requests.at(-1)).toEqual(['e2', 'e3']);
  await close();
  expect([add(4), lost()]).toEqual([[false], 3]);
});

it('tells of events that are refused, and drops a request that nothing would mend', async () => {
  const rejection = { index: 0, id: 'e1', code: 'type_unknown', path: null, message: '' };
  const refused = createBuffer(() => ({ ...TAKEN, rejected: [rejection] }));
  refused.add(1);
  await refused.flush();
  expect(refused.problems).toEqual([{ kind: 'rejected', rejections: [rejection] }]);
  const unreadable = createBuffer(() => Promise.reject(new ApiError(413, {})));
  unreadable.add(1, 2);
  await unreadable.flush();
  expect(unreadable.problems).toMatchObject([{ kind: 'unsent' }, { kind: 'given_up', events: 2 }]);
  expect(unreadable.unsettled()).toEqual([]);
});

it('sends the rest when it is closed and takes nothing after it', async () => {
  const { add, requests, close, problems } = createBuffer(() => TAKEN);
  add(1, 2, 3, 4);
  await close();
  expect(requests).toEqual([['e1', 'e2', 'e3'], ['e4']]);
  expect(add(5)).toEqual([false]);
  expect(problems).toEqual([{ kind: 'given_up', events: 1 }]);
});

it('waits so long for the last request when it is closed, and says how many it lost', async () => {
  const problems: TrackProblem[] = [];
  const buffer = createEventBuffer({
    send: (_events, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })),
    onProblem: (problem) => problems.push(problem),
  });
  buffer.add(event(1));
  buffer.add(event(2));
  const closed = buffer.close(1_000);
  await vi.advanceTimersByTimeAsync(999);
  expect(problems).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await closed;
  expect(problems.at(-1)).toEqual({ kind: 'given_up', events: 2 });
});

it('settles every event that it took, whatever fails in between', async () => {
  vi.useRealTimers();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }),
      fc.infiniteStream(fc.boolean()),
      async (bursts, fails) => {
        const settled: string[] = [];
        const { add, flush } = createBuffer((ids) => {
          if (fails.next().value === true) return Promise.reject(new ConnectionError('away'));
          settled.push(...ids);
          return TAKEN;
        });
        let next = 0;
        for (const burst of bursts) {
          add(...Array.from({ length: burst }, () => ++next));
          await flush().catch(() => undefined);
        }
        for (let tries = 0; settled.length < next && tries < 200; tries++) await flush().catch(() => undefined);
        expect(settled).toEqual(Array.from({ length: next }, (_, n) => `e${n + 1}`));
      },
    ),
    { numRuns: 50 },
  );
});
