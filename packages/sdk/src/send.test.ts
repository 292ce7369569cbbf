import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError, createClient, type EventInput, type SendProgress } from './index.ts';

type Verdict = 'accept' | 'reject' | 'retry';

/** A gateway that keeps what it accepted and answers each request by a script; out of script it accepts. */
function createGateway(script: (request: number, ids: readonly string[]) => Response | readonly Verdict[] | undefined) {
  const kept = new Map<string, number>();
  const sizes: number[] = [];
  const fake: typeof fetch = async (_url, init) => {
    const packed = new Headers(init?.headers).get('content-encoding') === 'gzip';
    const stream = new Blob([init?.body as Uint8Array<ArrayBuffer>]).stream();
    const text = await new Response(packed ? stream.pipeThrough(new DecompressionStream('gzip')) : stream).text();
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as EventInput).id);
    sizes.push(ids.length);
    const answer = script(sizes.length - 1, ids) ?? ids.map(() => 'accept' as const);
    if (answer instanceof Response) return answer;
    const at = (wanted: Verdict) => ids.map((id, index) => ({ id, index })).filter(({ index }) => (answer[index] ?? 'accept') === wanted);
    for (const { id } of at('accept')) kept.set(id, (kept.get(id) ?? 0) + 1);
    const body = {
      accepted: at('accept').length,
      rejected: at('reject').map((entry) => ({ ...entry, code: 'field_out_of_range', path: 'data.n', message: 'too large' })),
      retry: at('retry'),
      receipt: `tgr1.${sizes.length}`,
    };
    return Response.json(body, { status: body.accepted > 0 ? 207 : 503 });
  };
  return { kept, sizes, fake };
}

const pauses: number[] = [];
const quick = { sleep: (ms: number) => (pauses.push(ms), Promise.resolve()), random: () => 0.5 };

function eventsOf(count: number): readonly EventInput[] {
  return Array.from({ length: count }, (_, n) => ({ id: `e${n}`, type: 'a.b', occurred_at: 0, data: { n } }));
}

function clientOf(fake: typeof fetch) {
  return createClient({ gateway: 'http://gateway', apiKey: 'key', fetch: fake, ...quick });
}

describe('send', () => {
  it('brings every event to exactly one verdict, whatever the gateway answers per event', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.constantFrom<Verdict>('accept', 'accept', 'reject', 'retry')),
        async (count, batchEvents, verdicts) => {
          const gateway = createGateway((request, ids) => (request > 40 ? undefined : ids.map(() => verdicts.next().value)));
          const progress: SendProgress[] = [];
          const report = await clientOf(gateway.fake).send(eventsOf(count), {
            batchEvents,
            retries: 100,
            onProgress: (now) => progress.push(now),
          });
          expect(report.accepted + report.rejected.length).toBe(count);
          expect(gateway.kept.size).toBe(report.accepted);
          for (const rejection of report.rejected) expect(rejection.id).toBe(`e${rejection.index}`);
          expect(progress.at(-1)).toMatchObject({ settled: count, settledThrough: count });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends only the events to retry again, with the same ids', async () => {
    const gateway = createGateway((request) => (request === 0 ? ['accept', 'retry', 'reject', 'retry'] : undefined));
    const report = await clientOf(gateway.fake).send(eventsOf(4));
    expect(gateway.sizes).toEqual([4, 2]);
    expect([...gateway.kept]).toEqual([
      ['e0', 1],
      ['e1', 1],
      ['e3', 1],
    ]);
    expect(report).toMatchObject({ accepted: 3, rejected: [{ index: 2, id: 'e2' }], receipts: ['tgr1.1', 'tgr1.2'] });
  });

  it('waits as long as Retry-After says before it sends a refused request again', async () => {
    pauses.length = 0;
    const refusals = [
      new Response('{}', { status: 429, headers: { 'retry-after': '7' } }),
      new Response('{}', { status: 503, headers: { 'retry-after': '2' } }),
    ];
    const gateway = createGateway((request) => refusals[request]);
    const report = await clientOf(gateway.fake).send(eventsOf(2));
    expect(report.accepted).toBe(2);
    expect(pauses.map((ms) => Math.floor(ms / 1000))).toEqual([7, 2]);
  });

  it('gives a refusal for good to the caller with code and next step', async () => {
    const problem = { title: 'Unauthorized', detail: 'Send a valid key.', code: 'unauthorized', request_id: 'r-1' };
    const gateway = createGateway(() => Response.json(problem, { status: 401 }));
    const failure = await clientOf(gateway.fake)
      .send(eventsOf(1))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 401, code: 'unauthorized', requestId: 'r-1', message: 'Unauthorized: Send a valid key.' });
  });

  it('draws no more events than the requests under way can hold', async () => {
    let drawn = 0;
    const release: (() => void)[] = [];
    const held: typeof fetch = async () => {
      await new Promise<void>((resolve) => release.push(resolve));
      return Response.json({ accepted: 10, rejected: [], retry: [], receipt: null });
    };
    function* endless(): Generator<EventInput> {
      for (const event of eventsOf(1000)) {
        drawn++;
        yield event;
      }
    }
    const sending = clientOf(held).send(endless(), { batchEvents: 10, concurrency: 2 });
    await expect.poll(() => release.length).toBe(2);
    // Two requests of ten, and the event that told that the second batch was full.
    expect(drawn).toBe(21);
    const open = setInterval(() => release.splice(0).forEach((go) => go()), 1);
    await sending;
    clearInterval(open);
  });

  it('compresses requests when asked to, and keeps the digits of events given as text', async () => {
    const seen: string[] = [];
    const gateway: typeof fetch = async (_url, init) => {
      const stream = new Blob([init?.body as Uint8Array<ArrayBuffer>]).stream();
      seen.push(await new Response(stream.pipeThrough(new DecompressionStream('gzip'))).text());
      return Response.json({ accepted: 100, rejected: [], retry: [], receipt: null });
    };
    const line = '{"id":"a","type":"a.b","occurred_at":0,"data":{"n":9007199254740993.10}}';
    await clientOf(gateway).send(
      Array.from({ length: 100 }, () => line),
      { gzip: true },
    );
    expect(seen).toEqual([`${line}\n`.repeat(100)]);
  });
});
