import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { runProgram } from './program.ts';

/** A gateway that takes all but events of a type, and says what it was sent. */
function createGateway(refused = '') {
  const ids = new Map<string, number>();
  const fake: typeof fetch = async (url, init) => {
    if (!String(url).endsWith('/v1/events')) return Response.json({ counted: true });
    const text = new TextDecoder().decode(init?.body as Uint8Array).trimEnd();
    const events = text.split('\n').map((line) => JSON.parse(line) as { id: string; type: string });
    for (const { id } of events) ids.set(id, (ids.get(id) ?? 0) + 1);
    const rejected = events.flatMap(({ id, type }, index) =>
      type === refused ? [{ index, id, code: 'event_type_unknown', path: null, message: 'Unknown.' }] : [],
    );
    return Response.json({ accepted: events.length - rejected.length, rejected, retry: [], receipt: 'tgr1.x' }, { status: 202 });
  };
  return { ids, fake };
}

async function run(args: readonly string[], gateway: typeof fetch) {
  let [out, err] = ['', ''];
  const code = await runProgram(['seed-data', '--until', '2026-11-21', ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough().end(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: gateway,
  });
  return { code, out, err };
}

it('sends the same events again with the same ids, and those of a smaller scale are the first of a larger one', async () => {
  const gateway = createGateway();
  expect(await run(['--scale', '50'], gateway.fake)).toMatchObject({ code: 0, err: '' });
  const first = gateway.ids.size;
  expect(first).toBeGreaterThan(150);
  expect(await run(['--scale', '80', '--json'], gateway.fake)).toMatchObject({ code: 0 });
  expect([...gateway.ids.values()].filter((times) => times === 2)).toHaveLength(first);
  expect(gateway.ids.size).toBeGreaterThan(first);
  await run(['--scale', '50', '--seed', '2'], gateway.fake);
  expect(Math.max(...gateway.ids.values())).toBe(2);
});

it('says how many claims became how many events', async () => {
  const { out } = await run(['--scale', '5', '--pack', 'healthtrack', '--days', '2'], createGateway().fake);
  // An account, a goal, and of each of two days four measurements and a meal: 12 each.
  expect(out).toMatch(/^5 persons: 60 events accepted, 0 rejected, [\d.]+ s\n$/);
});

it('fails where events are refused, and says why', async () => {
  const { code, err } = await run(['--scale', '5'], createGateway('claims.risk.calculated').fake);
  expect(code).toBe(1);
  expect(err).toContain('event_type_unknown: Unknown. Is pack marb in place');
  expect((await run(['--until', 'today'], createGateway().fake)).err).toContain('such as 2026-11-30');
});
