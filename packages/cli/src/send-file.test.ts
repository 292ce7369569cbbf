import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 5_000;
const CSV = `at,n\r\n${Array.from({ length: ROWS }, (_, n) => `2020-01-01T00:00:00Z,${n}`).join('\r\n')}\r\n`;
writeFileSync(join(folder, 'rows.csv.gz'), gzipSync(CSV));
writeFileSync(join(folder, 'map.yaml'), 'event_type: a.b\noccurred_at: {column: at}\ndata: {n: {column: n, type: integer}}\n');

/** Counts an event once by its id, and cuts the connection for good after some requests. */
function createGateway() {
  const counted = new Map<string, number>();
  let requests = 0;
  let cutAfter = Infinity;
  const fake: typeof fetch = async (url, init) => {
    if (!String(url).endsWith('/v1/events')) return Response.json({ counted: true });
    if (++requests > cutAfter) throw new Error('connection cut');
    const events = new TextDecoder()
      .decode(init?.body as Uint8Array)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; data: { n: number } });
    for (const event of events) counted.set(event.id, event.data.n);
    return Response.json({ accepted: events.length, rejected: [], retry: [], receipt: 'tgr1.x' }, { status: 202 });
  };
  return { counted, fake, requests: () => requests, cutAfter: (more: number) => (cutAfter = requests + more) };
}

async function run(args: readonly string[], gateway: typeof fetch, more: Partial<Terminal> = {}) {
  let [out, err] = ['', ''];
  const env = { TIDEGATE_API_KEY: 'key', XDG_STATE_HOME: join(folder, 'state') };
  const code = await runProgram(args, {
    env,
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: gateway,
    ...more,
  });
  return { code, out, err };
}

const send = ['send', join(folder, 'rows.csv.gz'), '--map', join(folder, 'map.yaml'), '--json'];

describe('tidegate send', () => {
  it('sends the rows that the mapping takes, with the ids of their rows, and goes on among them', async () => {
    const gateway = createGateway();
    const map = join(folder, 'even.yaml');
    const kept = Array.from({ length: ROWS }, (_, n) => String(n)).filter((_, n) => n % 2 === 0);
    writeFileSync(
      map,
      `event_type: a.b\nwhere: {n: {in: ${JSON.stringify(kept)}}}\noccurred_at: {column: at}\ndata: {n: {column: n, type: integer}}\n`,
    );
    const order = ['send', join(folder, 'rows.csv.gz'), '--map', map, '--json'];
    gateway.cutAfter(3);
    const abort = new AbortController();
    const cut = run(order, gateway.fake, { signal: abort.signal });
    await expect.poll(() => gateway.requests()).toBeGreaterThan(3);
    abort.abort();
    await cut;
    gateway.cutAfter(Infinity);
    await run(order, gateway.fake);
    expect([...gateway.counted.values()].toSorted((a, b) => a - b)).toEqual(kept.map(Number));
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, 'rows.csv.gz')))
      .digest('hex');
    for (const [id, n] of gateway.counted) expect(id).toBe(createHash('sha256').update(`${digest}:${n}`).digest('hex'));
  });

  it('completes rows from a second file beside the first, and says where a row has no partner there', async () => {
    writeFileSync(join(folder, 'marks.csv'), 'item,n\na,1\nb,2\na,3\n');
    writeFileSync(join(folder, 'items.csv.gz'), gzipSync('item,day,n\na,2020-01-01,9\nb,2020-02-01,9\na,2021-01-01,9\n'));
    const mapping = `event_type: a.b\njoin: {file: items.csv.gz, on: item}\nid: {columns: [day, n]}
occurred_at: {column: day}\ndata: {n: {column: n, type: integer}}\n`;
    writeFileSync(join(folder, 'joined.yaml'), mapping);
    const gateway = createGateway();
    const marks = (file: string) => ['send', join(folder, file), '--map', join(folder, 'joined.yaml'), '--json'];
    expect(JSON.parse((await run(marks('marks.csv'), gateway.fake)).out)).toMatchObject({ accepted: 3 });
    // The first row of an item counts, and a column that both files have is the sent file's.
    const days = [...gateway.counted].toSorted();
    expect(days).toEqual([
      ['2020-01-01:1', 1],
      ['2020-01-01:3', 3],
      ['2020-02-01:2', 2],
    ]);
    writeFileSync(join(folder, 'more.csv'), 'item,n\nc,1\n');
    expect(await run(marks('more.csv'), gateway.fake)).toMatchObject({
      code: 1,
      err: expect.stringContaining('row 1: column day is empty'),
    });
  });

  it('joins the row that is the same in all of several columns', async () => {
    writeFileSync(join(folder, 'lines.csv'), 'claim,line,n\n1,1,1\n1,2,2\n2,1,3\n');
    writeFileSync(join(folder, 'days.csv'), 'claim,line,day\n1,1,2020-01-01\n1,2,2020-01-02\n');
    const mapping = `event_type: a.b\njoin: {file: days.csv, on: [claim, line]}\nwhere: {day: {exists: true}}
id: {columns: [claim, line, day]}\noccurred_at: {column: day}\ndata: {n: {column: n, type: integer}}\n`;
    writeFileSync(join(folder, 'lines.yaml'), mapping);
    const gateway = createGateway();
    await run(['send', join(folder, 'lines.csv'), '--map', join(folder, 'lines.yaml'), '--json'], gateway.fake);
    expect([...gateway.counted]).toEqual([
      ['1:1:2020-01-01', 1],
      ['1:2:2020-01-02', 2],
    ]);
  });

  it('goes on after a cut where it was acknowledged, and every row counts once', async () => {
    const gateway = createGateway();
    gateway.cutAfter(5);
    const abort = new AbortController();
    const cut = run(send, gateway.fake, { signal: abort.signal });
    await expect.poll(() => gateway.requests()).toBeGreaterThan(5);
    abort.abort(new Error('Interrupted'));
    expect((await cut).code).toBe(1);
    const before = gateway.requests();
    gateway.cutAfter(Infinity);
    const { code, out } = await run(send, gateway.fake);
    expect(code).toBe(0);
    // Five requests of 500 were settled before the cut; state is written now and then, so less may be remembered.
    const { resumed_at: resumedAt, accepted } = JSON.parse(out) as { resumed_at: number; accepted: number };
    expect(resumedAt).toBeGreaterThan(0);
    expect(resumedAt + accepted).toBe(ROWS);
    expect(gateway.requests() - before).toBeLessThan(ROWS / 500);
    expect([...gateway.counted.values()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, n) => n));
  });

  it('sends a file that is done no second time, and with --no-state the same ids again', async () => {
    const gateway = createGateway();
    await run(send, gateway.fake, { env: { TIDEGATE_API_KEY: 'key', XDG_STATE_HOME: join(folder, 'other') } });
    const first = new Set(gateway.counted.keys());
    const again = await run(send, gateway.fake, { env: { TIDEGATE_API_KEY: 'key', XDG_STATE_HOME: join(folder, 'other') } });
    expect(JSON.parse(again.out)).toMatchObject({ accepted: 0, resumed_at: ROWS });
    await run([...send, '--no-state'], gateway.fake);
    expect(new Set(gateway.counted.keys())).toEqual(first);
    // The rule of the ids, by hand: SHA-256 of the file's digest and the row number.
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, 'rows.csv.gz')))
      .digest('hex');
    expect(gateway.counted.get(createHash('sha256').update(`${digest}:17`).digest('hex'))).toBe(17);
  });

  it('reads events from standard input as they are', async () => {
    const gateway = createGateway();
    const stdin = new PassThrough();
    stdin.end('{"id":"a","type":"a.b","occurred_at":0,"data":{"n":1}}\n\n{"id":"b","type":"a.b","occurred_at":0,"data":{"n":2}}\n');
    const { code, out } = await run(['send', '-', '--wait'], gateway.fake, { stdin });
    expect([code, out]).toEqual([0, '2 accepted, 0 rejected\n']);
    expect([...gateway.counted]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('says what is missing in one sentence and exits with 1', async () => {
    const { code, err } = await run(send, createGateway().fake, { env: {} });
    expect([code, err]).toEqual([1, 'No API key: set TIDEGATE_API_KEY, give --key, or sign in with `tidegate login`.\n']);
  });
});
