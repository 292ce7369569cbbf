import { createHash } from 'node:crypto';
import type { ObjectStore } from '@tidegate/archive';
import type { ArchivedRow, CompleteThrough, EventsReader, WarehouseFile, WarehouseStore } from '@tidegate/postgres';
import { createRunJob } from '@tidegate/postgres';
import { createMemoryJobs } from '@tidegate/postgres/memory';
import { createMetrics } from '@tidegate/telemetry';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createKeepWarehouse } from '../src/warehouse/keep-warehouse.ts';
import { createWarehouseJob, WAREHOUSE_JOB, wishText } from '../src/warehouse/warehouse-job.ts';
import { folderOf, manifestKeyOf } from '../src/warehouse/warehouse-manifest.ts';
import type { WarehouseWish } from '../src/warehouse/warehouse-plan.ts';

const WISH: WarehouseWish = { tenant: 'acme', format: 'ndjson', fromDay: 10, toDay: 12, events: ['a', 'b'], rollups: [], grain: 'day' };
const DAY_MS = 86_400_000;
const ANNA = 'aa00'.padEnd(64, '0');
const BERT = 'bb00'.padEnd(64, '0');
const MANIFEST = z.looseObject({
  rows: z.number(),
  files: z.array(z.looseObject({ path: z.string(), rows: z.number(), sha256: z.string() })),
});

interface File extends WarehouseFile {
  readonly isWhole: boolean;
  readonly subjects: ReadonlySet<string>;
}

const died = (): Error => new Error('the process died');

/** The tables of exports and the store of objects, which die at the n-th thing that they are asked to do, before or after it is done. */
class House {
  readonly objects = new Map<string, string>();
  readonly files = new Map<string, File>();
  readonly erased = new Set<string>();
  private plan: string | null = null;
  private complete: CompleteThrough | null = null;
  private isBusy = false;
  private calls = 0;
  private diesAt = 0;

  /** 0: it lives. Odd numbers die before what they do, even ones after it. */
  dieAt(n: number): void {
    [this.calls, this.diesAt] = [0, n];
  }

  async do<T>(work: () => T): Promise<T> {
    if ((this.calls += 1) === this.diesAt) throw died();
    const done = work();
    if ((this.calls += 1) === this.diesAt) throw died();
    return done;
  }

  readonly store: ObjectStore = {
    put: async (key, bytes) => this.do(() => void this.objects.set(key, Buffer.from(bytes).toString())),
    get: async (key) => Buffer.from(this.objects.get(key) ?? ''),
    delete: async (key) => this.do(() => void this.objects.delete(key)),
  };

  readonly table: WarehouseStore = {
    begin: async (_id, _tenant, plan) =>
      this.do(() => {
        this.complete = null;
        return (this.plan ??= plan);
      }),
    intend: async (_id, key, piece) =>
      this.do(() => void this.files.set(key, { key, piece, rows: 0, bytes: 0, sha256: '', isWhole: false, subjects: new Set() })),
    note: async (_id, { key, ...file }) =>
      this.do(() => void this.files.set(key, { ...file, key, piece: this.files.get(key)?.piece ?? -1, isWhole: true })),
    files: async (_id, piece) => [...this.files.values()].filter((file) => piece === null || file.piece === piece),
    forgetFile: async (_id, key) => this.do(() => void this.files.delete(key)),
    end: async (_id, complete) =>
      this.do(() => {
        this.complete = complete;
        return 1;
      }),
    find: async () => ({ plan: this.plan ?? '', complete: this.complete, expiresMs: 1, files: 0, rows: 0, bytes: 0 }),
    toDrop: async () => (this.isBusy ? [{ exportId: this.exportId, tenant: 'acme' }] : []),
    drop: async () =>
      this.do(() => {
        this.files.clear();
        this.isBusy = false;
      }),
    hold: async (_id, isHeld) =>
      this.do(() => {
        const isFree = isHeld || !this.isBusy;
        this.isBusy = true;
        return isFree;
      }),
    release: async () => this.do(() => void (this.isBusy = false)),
    isMaking: async () => this.complete === null,
    piecesOf: async (_tenant, subject) =>
      [...this.files.values()].filter(({ subjects }) => subjects.has(subject)).map(({ piece }) => ({ exportId: this.exportId, piece })),
    erased: async () => new Set(this.erased),
  };
  exportId = '';

  /** Whoever looks at the store sees a manifest only where all that it names is there, and is what it says. */
  expectNothingHalf(): void {
    const manifest = this.objects.get(manifestKeyOf('acme', this.exportId));
    if (manifest === undefined) return;
    for (const { path, rows, sha256 } of MANIFEST.parse(JSON.parse(manifest)).files) {
      const text = this.objects.get(`${folderOf('acme', this.exportId)}/${path}`) ?? '';
      expect([createHash('sha256').update(text).digest('hex'), text.split('\n').length - 1]).toEqual([sha256, rows]);
    }
  }

  expectWhole(rows: number): void {
    this.expectNothingHalf();
    const manifest = MANIFEST.parse(JSON.parse(this.objects.get(manifestKeyOf('acme', this.exportId)) ?? ''));
    expect(manifest.rows).toBe(rows);
    const folder = folderOf('acme', this.exportId);
    const named = [...manifest.files.map(({ path }) => `${folder}/${path}`), `${folder}/manifest.json`];
    expect([...this.objects.keys()].toSorted()).toEqual(named.toSorted());
  }
}

/** Three events of each type and day: of two persons, and of nobody. */
const events: EventsReader = {
  async withEvents(ask, _order, work) {
    if (ask.of === 'person') throw new Error('nobody is asked about');
    const rows = [ANNA, BERT, null].map((subject, at): ArchivedRow => ({
      ...{
        tenant: 'acme',
        eventId: `${ask.types[0]}-${at}`,
        source: '',
        type: ask.types[0] ?? '',
        subject,
        data: '{"n":1}',
        attributes: null,
      },
      ...{
        occurredAtMs: ask.fromMs,
        receivedAtMs: ask.fromMs,
        partition: 0,
        logOffset: at,
        logGeneration: 1,
        packVersion: 1,
        isBackfill: false,
      },
    }));
    return { ok: true, value: await work({ progress: [], archive: null, rows: toAsync([rows]) }) };
  },
};

async function* toAsync<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}

async function world() {
  const house = new House();
  const jobs = createMemoryJobs(() => 0);
  const { job } = await jobs.submit({ tenant: 'acme', owner: 'k', kind: WAREHOUSE_JOB, params: wishText(WISH) });
  house.exportId = job.id;
  const writing = {
    ...{ events, ask: async () => Promise.reject(new Error('no figures')), rowsPerFile: 2 },
    ...{ objects: house.store, store: house.table, nowMs: () => 12 * DAY_MS },
  };
  let claims = 0;
  const runJob = createRunJob({
    ...{ attempts: jobs, metrics: createMetrics('test'), monotonicMs: () => 0, newClaim: () => `c${(claims += 1)}` },
    onFailure: () => undefined,
  });
  const kind = createWarehouseJob({ ...writing, packsOf: () => [], keepDays: 7 });
  const keep = createKeepWarehouse({ ...writing, onWithdrawn: () => undefined, signal: new AbortController().signal });
  const attempt = async () => runJob(kind, job.id, new AbortController().signal).catch(() => undefined);
  return { house, jobs, id: job.id, attempt, keep };
}

/** Two types by two days of three events, two in a file: four pieces of two files each. */
const ROWS = 12;

describe('an export whose process dies', () => {
  test('at any step is never half of one that looks whole, and the next attempt makes it whole, with nothing left over', async () => {
    let deaths = 0;
    for (let n = 1; ; n += 1) {
      const { house, attempt, jobs, id } = await world();
      house.dieAt(n);
      await attempt();
      house.expectNothingHalf();
      if ((await jobs.find('acme', id))?.state === 'completed') break;
      deaths += 1;
      house.dieAt(0);
      await attempt();
      expect((await jobs.find('acme', id))?.state).toBe('completed');
      house.expectWhole(ROWS);
    }
    // Three calls for each of eight files, and begin, the old manifest, the new one, end: each before and after.
    expect(deaths).toBe((8 * 3 + 4) * 2);
  });

  test('three times is failed', async () => {
    const { house, attempt, jobs, id } = await world();
    for (let tried = 0; tried < 3; tried += 1) {
      house.dieAt(5);
      await attempt();
    }
    expect(await jobs.find('acme', id)).toMatchObject({ state: 'failed', errorCode: 'job_failed', attempts: 3 });
    expect(house.objects.has(manifestKeyOf('acme', id))).toBe(false);
  });

  test('over taking a person out is without the person or gone, and never half', async () => {
    for (let n = 1; ; n += 1) {
      const { house, attempt, keep } = await world();
      await attempt();
      house.erased.add(BERT);
      house.dieAt(n);
      const isOut = await keep.takeOut({ tenant: 'acme', subject: BERT }).catch(() => null);
      house.expectNothingHalf();
      house.dieAt(0);
      await keep.dropExpired();
      expect(await keep.takeOut({ tenant: 'acme', subject: BERT })).toBe(true);
      expect([...house.objects.values()].join('').includes(BERT)).toBe(false);
      if (house.objects.size > 0) house.expectWhole(ROWS - 4);
      // It came through without a death.
      if (isOut === true && house.objects.size > 0) return;
    }
  });
});

describe('an export that is being made', () => {
  test('holds up the end of an erasure, for it may have read the person', async () => {
    const { house, attempt, keep } = await world();
    house.dieAt(9);
    await attempt();
    expect(await keep.takeOut({ tenant: 'acme', subject: BERT })).toBe(false);
    house.dieAt(0);
    await attempt();
    house.erased.add(BERT);
    expect(await keep.takeOut({ tenant: 'acme', subject: BERT })).toBe(true);
    expect([...house.objects.values()].join('').includes(BERT)).toBe(false);
  });

  test('leaves out whoever is erased already', async () => {
    const { house, attempt } = await world();
    house.erased.add(ANNA);
    await attempt();
    house.expectWhole(ROWS - 4);
    expect([...house.objects.values()].join('').includes(ANNA)).toBe(false);
  });

  test('that is cancelled stops at its next piece', async () => {
    const { house, attempt, jobs, id } = await world();
    await jobs.cancel('acme', id);
    await attempt();
    expect([house.objects.size, (await jobs.find('acme', id))?.state]).toEqual([0, 'cancelled']);
  });
});
