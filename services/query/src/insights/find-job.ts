/** The job `insights.find`: findings of one insight that are looked for without being asked (docs/design/insights.md). */
import { decodeJson } from '@tidegate/http';
import type { DeclaredJob } from '@tidegate/postgres';
import { declareJob, JobFault } from '@tidegate/postgres';
import { z } from 'zod';
import type { Registry } from '../registry.ts';
import type { FindInsights } from './find-insights.ts';

export const FIND_JOB = 'insights.find';
/** As long as an insight may let pass between two lookings, and a while more: that it was done is how it is known when it is due. */
const KEEP_S = 90_000;

const PARAMS_SCHEMA = z.strictObject({ pack: z.string(), insight: z.string() });
type FindParams = z.output<typeof PARAMS_SCHEMA>;

export interface FindJob {
  readonly job: DeclaredJob;
  /** Told once, when the routes stand. */
  findBy(given: FindInsights): void;
}

export function findParams({ pack, insight }: FindParams): string {
  return JSON.stringify({ pack, insight });
}

export function createFindJob({ registry }: { readonly registry: Pick<Registry, 'pack'> }): FindJob {
  let findInsights: FindInsights = async () => ({ ok: false, problem: { code: 'unavailable' } });
  const job = declareJob<FindParams>({
    name: FIND_JOB,
    keepS: KEEP_S,
    readParams: (text) => {
      const json = decodeJson(Buffer.from(text));
      return PARAMS_SCHEMA.parse(json.ok ? json.value : null);
    },
    async run({ tenant, params, signal, advance }) {
      const insight = registry.pack(tenant, params.pack)?.insights.get(params.insight);
      if (insight === undefined) throw new JobFault('not_found');
      await advance({ progress: { done: 0, total: 1 }, cursor: null });
      const asker = { tenant, rows: null, signal };
      const found = await findInsights({ insight, ask: { closed: false, limit: 1 }, wait: {}, asker });
      if (!found.ok) throw new JobFault(found.problem.code);
      return JSON.stringify({ status: found.answer.meta.status ?? null });
    },
  });
  return { job, findBy: (given) => void (findInsights = given) };
}
