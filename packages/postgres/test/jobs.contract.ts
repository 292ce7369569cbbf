import { describe, expect, test } from 'vitest';
import type { JobAttempts, JobInfo, JobReader, JobToSubmit, Submitted } from '../src/index.ts';

export interface JobRows extends JobReader, JobAttempts {
  submit(job: JobToSubmit): Promise<Submitted>;
}

const [ONE, TWO] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;
const ANY = { owner: null, state: null, kind: null, after: null, rowsMax: 100 } as const;
let tenants = 0;

/** What rows of jobs guarantee, whatever holds them. Each test has a tenant of its own. */
export function describeJobs(name: string, rowsOf: () => JobRows): void {
  describe(`rows of jobs in ${name}`, () => {
    const fresh = (params = '{}'): JobToSubmit => ({ tenant: `tenant-${(tenants += 1)}`, owner: 'k1', kind: 'test.kind', params });
    const submit = async (job = fresh()): Promise<JobInfo> => (await rowsOf().submit(job)).job;

    test('an equal job is given the one that is not finished, and a new one once that is', async () => {
      const asked = fresh('{"n":1}');
      const first = await rowsOf().submit(asked);
      expect(await rowsOf().submit({ ...asked, owner: 'k2' })).toMatchObject({ isNew: false, job: { id: first.job.id, owner: 'k1' } });
      const others = [
        { ...asked, params: '{"n":2}' },
        { ...asked, kind: 'test.other' },
        { ...fresh(), params: asked.params },
      ];
      for (const other of others) expect(await rowsOf().submit(other)).toMatchObject({ isNew: true });
      await rowsOf().begin(first.job.id, ONE);
      expect(await rowsOf().submit(asked)).toMatchObject({ isNew: false });
      await rowsOf().finish(first.job.id, ONE, { result: '{}', keepS: 60 });
      expect(await rowsOf().submit(asked)).toMatchObject({ isNew: true });
    });

    test('the newest equal job is found while it is not finished, and completed until it expires; a failed one never', async () => {
      const asked = fresh('{"n":1}');
      const { tenant, kind, params } = asked;
      const equal = async () => rowsOf().findEqual(tenant, kind, params);
      expect(await equal()).toBe(null);
      const first = await submit(asked);
      expect(await equal()).toMatchObject({ id: first.id, state: 'queued' });
      for (const other of [rowsOf().findEqual(`${tenant}x`, kind, params), rowsOf().findEqual(tenant, 'test.other', params)])
        expect(await other).toBe(null);
      expect(await rowsOf().findEqual(tenant, kind, '{"n":2}')).toBe(null);
      await rowsOf().begin(first.id, ONE);
      await rowsOf().finish(first.id, ONE, { result: '{}', keepS: 60 });
      expect(await equal()).toMatchObject({ id: first.id, state: 'completed' });
      const second = await submit(asked);
      expect(await equal()).toMatchObject({ id: second.id, state: 'queued' });
      await rowsOf().begin(second.id, TWO);
      await rowsOf().finish(second.id, TWO, { errorCode: 'job_failed', keepS: 60 });
      expect(await equal()).toMatchObject({ id: first.id, state: 'completed' });
      const third = await submit({ ...asked, params: '{"n":3}' });
      await rowsOf().begin(third.id, ONE);
      await rowsOf().finish(third.id, ONE, { result: '{}', keepS: -1 });
      expect(await rowsOf().findEqual(tenant, kind, '{"n":3}')).toBe(null);
    });

    test('a job runs once: an attempt whose job was given to another one changes nothing', async () => {
      const { id, tenant } = await submit();
      expect(await rowsOf().begin(id, ONE)).toMatchObject({ attempt: 1, cursor: null });
      expect(await rowsOf().advance(id, ONE, { progress: { done: 1, total: 3 }, cursor: { at: 1 } })).toBe(true);
      expect(await rowsOf().begin(id, TWO)).toMatchObject({ attempt: 2, progress: { done: 1, total: 3 }, cursor: { at: 1 } });
      expect(await rowsOf().advance(id, ONE, { progress: { done: 9 }, cursor: null })).toBe(false);
      expect(await rowsOf().finish(id, ONE, { result: '"one"', keepS: 60 })).toBe(false);
      expect(await rowsOf().release(id, ONE, true)).toBe(false);
      expect(await rowsOf().finish(id, TWO, { result: '{"n":12345678901234567890.10}', keepS: 60 })).toBe(true);
      expect(await rowsOf().begin(id, ONE)).toBe(null);
      expect(await rowsOf().find(tenant, id)).toMatchObject({ state: 'completed', attempts: 2, progress: { done: 1, total: 3 } });
      expect(await rowsOf().result(tenant, id)).toBe('{"n":12345678901234567890.10}');
    });

    test('a job that had three attempts fails; those that a stopping process broke off do not count', async () => {
      const { id, tenant } = await submit();
      for (let stops = 0; stops < 4; stops += 1) {
        expect(await rowsOf().begin(id, ONE)).toMatchObject({ attempt: 1 });
        expect(await rowsOf().release(id, ONE, false)).toBe(true);
      }
      for (const attempt of [1, 2]) {
        expect(await rowsOf().begin(id, ONE)).toMatchObject({ attempt });
        expect(await rowsOf().release(id, ONE, true)).toBe(true);
      }
      // The third one leaves no word.
      expect(await rowsOf().begin(id, ONE)).toMatchObject({ attempt: 3 });
      expect(await rowsOf().begin(id, TWO)).toBe('exhausted');
      expect(await rowsOf().find(tenant, id)).toMatchObject({ state: 'failed', errorCode: 'job_failed', attempts: 3 });
      expect(await rowsOf().result(tenant, id)).toBe(null);
    });

    test('a cancelled job takes nothing more, and one that is finished cannot be cancelled', async () => {
      const { id, tenant } = await submit();
      await rowsOf().begin(id, ONE);
      expect(await rowsOf().cancel('tenant-of-others', id)).toBe(false);
      expect(await rowsOf().cancel(tenant, id)).toBe(true);
      expect(await rowsOf().advance(id, ONE, { progress: { done: 1 }, cursor: null })).toBe(false);
      expect(await rowsOf().finish(id, ONE, { result: '{}', keepS: 60 })).toBe(false);
      expect(await rowsOf().begin(id, TWO)).toBe(null);
      expect(await rowsOf().cancel(tenant, id)).toBe(false);
      expect(await rowsOf().find(tenant, id)).toMatchObject({ state: 'cancelled', errorCode: null });
    });

    test('a result can be seen for as long as it is kept', async () => {
      const { id, tenant } = await submit();
      await rowsOf().begin(id, ONE);
      await rowsOf().finish(id, ONE, { result: '{}', keepS: 0 });
      expect(await rowsOf().find(tenant, id)).toBe(null);
      expect(await rowsOf().result(tenant, id)).toBe(null);
      expect(await rowsOf().list({ ...ANY, tenant })).toEqual([]);
    });

    test('a tenant sees its own jobs, newest first, by pages that hold each once', async () => {
      const { tenant } = fresh();
      const ids: string[] = [];
      for (let n = 0; n < 7; n += 1) ids.push((await submit({ ...fresh(`{"n":${n}}`), tenant, owner: `k${n % 2}` })).id);
      await submit();
      const all = await rowsOf().list({ ...ANY, tenant });
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(ids));
      expect(all.map(({ submittedAtMs }) => submittedAtMs)).toEqual(
        all.map(({ submittedAtMs }) => submittedAtMs).toSorted((a, b) => b - a),
      );
      const paged: JobInfo[] = [];
      for (let after: JobInfo | null = null; ;) {
        const page: readonly JobInfo[] = await rowsOf().list({ ...ANY, tenant, after, rowsMax: 3 });
        paged.push(...page);
        after = page.at(-1) ?? null;
        if (after === null) break;
      }
      expect(paged).toEqual(all);
      expect(await rowsOf().list({ ...ANY, tenant, owner: 'k1' })).toHaveLength(3);
      await rowsOf().begin(ids[0] ?? '', ONE);
      expect((await rowsOf().list({ ...ANY, tenant, state: 'processing' })).map(({ id }) => id)).toEqual([ids[0]]);
      expect(await rowsOf().list({ ...ANY, tenant, kind: 'test.other' })).toEqual([]);
      expect(await rowsOf().find('tenant-of-others', ids[0] ?? '')).toBe(null);
      expect(await rowsOf().result('tenant-of-others', ids[0] ?? '')).toBe(null);
    });
  });
}
