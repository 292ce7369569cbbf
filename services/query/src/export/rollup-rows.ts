/** Figures of series that are the person's own, by day: a question like any other, asked a year at a time. */
import { toIsoDate } from '@tidegate/core';
import type { CompiledMetric } from '@tidegate/core';
import type { ExportStore, PersonSpan } from '@tidegate/postgres';
import { answerPages } from '../answer-pages.ts';
import type { Ask, Answer } from '../ask.ts';
import type { RegisteredPack } from '../registry.ts';
import type { ExportedPerson, ExportRow } from './section.ts';

export interface RollupDeps {
  readonly ask: Ask;
  readonly exports: Pick<ExportStore, 'spansOf'>;
}

const DAY_S = 86_400;
const DAYS_MAX = 366;
const LIMIT = 10_000;

export async function* rollupRows(
  { ask, exports }: RollupDeps,
  { compiled: { metrics } }: RegisteredPack,
  person: ExportedPerson,
): AsyncGenerator<readonly ExportRow[]> {
  const own = [...metrics.values()].filter(({ sets }) => sets.some(({ bySubject }) => bySubject));
  if (own.length === 0) return;
  const spans = await exports.spansOf(
    person.tenant,
    person.subject,
    own.map(({ metric }) => metric),
  );
  for (const span of spans) {
    const metric = metrics.get(span.metric);
    if (metric !== undefined) yield* setRows(ask, metric, { span, person });
  }
}

interface SetOf {
  readonly span: PersonSpan;
  readonly person: ExportedPerson;
}

async function* setRows(ask: Ask, metric: CompiledMetric, { span, person }: SetOf): AsyncGenerator<readonly ExportRow[]> {
  const set = metric.sets.find(({ setNo, bySubject }) => setNo === span.setNo && bySubject);
  if (set === undefined) return;
  const lastDay = Math.floor(span.lastS / DAY_S);
  const rows = { metrics: null, where: {}, subject: person.plain };
  for (let day = Math.floor(span.fromS / DAY_S); day <= lastDay; day += DAYS_MAX) {
    const question = {
      ...{ kind: 'series', metric: metric.metric, subject: person.plain, grain: 'day', zone: 'UTC', group_by: set.dimensions },
      ...{ from: toIsoDate(day), to: toIsoDate(Math.min(day + DAYS_MAX, lastDay + 1)), limit: LIMIT },
    };
    for await (const outcome of answerPages(ask, question, { tenant: person.tenant, rows, signal: person.signal })) {
      if (!outcome.ok) throw new Error(`figures of ${metric.metric} could not be read: ${outcome.problem.code}`);
      const { answer } = outcome;
      if (answer.rows.length > 0) yield toRows(metric, set.dimensions, answer);
    }
  }
}

function toRows({ metric, version }: CompiledMetric, dimensions: readonly string[], { columns, rows }: Answer): readonly ExportRow[] {
  const groups = new Set(dimensions);
  return rows.map((row) => {
    const cells = columns.map(({ name }, at) => [name, row[at] ?? null] as const);
    return {
      ...{ metric, metric_version: version, grain: 'day', bucket: row[0] ?? null },
      dimensions: Object.fromEntries(cells.filter(([name]) => groups.has(name))),
      measures: Object.fromEntries(cells.slice(1).filter(([name]) => !groups.has(name))),
    };
  });
}
