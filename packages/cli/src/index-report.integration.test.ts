import { PassThrough } from 'node:stream';
import { createScratchDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let database: ScratchDatabase;

beforeAll(async () => {
  database = await createScratchDatabase();
  await database.query('CREATE TABLE visit (id int PRIMARY KEY, place text, day int, note text)');
  await database.query("INSERT INTO visit SELECT n, 'p' || n % 7, n % 30, 'n' || n FROM generate_series(1, 5000) n");
  await database.query('CREATE INDEX visit_place_day ON visit (place, day)');
  await database.query('CREATE INDEX visit_place ON visit (place)');
  await database.query('CREATE INDEX visit_place_early ON visit (place) WHERE day < 3');
  await database.query('CREATE INDEX visit_day_down ON visit (day DESC)');
  await database.query('CREATE INDEX visit_day ON visit (day)');
  await database.query('ANALYZE visit');
});
afterAll(async () => database.drop());

interface Told {
  readonly unused: readonly { readonly index: string }[];
  readonly duplicate: readonly { readonly index: string; readonly coveredBy: string }[];
  readonly scanned: readonly { readonly table: string; readonly scans: number; readonly rowsAScan: number }[];
  readonly slow: unknown;
}

async function report(...flags: string[]): Promise<string> {
  let [out, err] = ['', ''];
  const code = await runProgram(['db', 'index-report', ...flags], {
    env: { DATABASE_URL: database.url },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  expect([code, err]).toEqual([0, '']);
  return out;
}

/** Counters are told by each session when it is idle. */
async function untilTold(holds: (told: Told) => boolean): Promise<Told> {
  for (const deadline = performance.now() + 20_000; ; await new Promise((next) => setTimeout(next, 50))) {
    const told = JSON.parse(await report('--json', '--min-bytes', '0', '--min-rows', '1000')) as Told;
    if (holds(told)) return told;
    if (performance.now() > deadline) throw new Error(`not told in time: ${JSON.stringify(told)}`);
  }
}

test('`tidegate db index-report` names indexes that nothing uses or another covers, and tables that are read whole', async () => {
  for (let i = 0; i < 3; i += 1) {
    expect(await database.query("SELECT id FROM visit WHERE note = 'n77'")).toEqual([{ id: 77 }]);
    await database.query("SET enable_seqscan = off; SELECT count(*) FROM visit WHERE place = 'p1' AND day = 4; RESET enable_seqscan");
  }
  const told = await untilTold(
    ({ unused, scanned }) => !unused.some(({ index }) => index === 'visit_place_day') && scanned.some(({ table }) => table === 'visit'),
  );
  // The key is used by nothing either, and keeps rows unique.
  expect(told.unused.map(({ index }) => index).toSorted()).toEqual(['visit_day', 'visit_day_down', 'visit_place', 'visit_place_early']);
  // One order down and one under a condition are covered by none.
  expect(told.duplicate).toMatchObject([{ index: 'visit_place', coveredBy: 'visit_place_day' }]);
  expect(told.scanned[0]).toMatchObject({ table: 'visit', rowsAScan: expect.any(Number) });
  expect(await report('--min-bytes', '0')).toMatch(/Unused indexes\n.*visit_place/s);
});
