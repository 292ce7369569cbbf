/** Reads the rows that say what parameters are which nobody gave, before anything is asked for them. */
import type { CompiledView, DefaultsRow, DefaultsTold, Result, RowRead, ViewValues } from '@tidegate/core';
import { defaultsRows, failed, ok, toEntityQuery, withDefaults } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { Asker } from '../ask.ts';
import type { Registry } from '../registry.ts';
import type { QueryAnswer } from './query-answer.ts';
import type { ReadEntity } from './read-entity.ts';

export interface ValuesRead {
  readonly values: ViewValues;
  readonly told: DefaultsTold;
  /** Of the rows that were read. */
  readonly answers: readonly QueryAnswer[];
}

export interface ReadDefaultsDeps {
  readonly readEntity: ReadEntity;
  readonly registry: Pick<Registry, 'pack'>;
}

export interface DefaultsAsk {
  readonly view: CompiledView;
  readonly values: ViewValues;
  readonly asker: Asker;
}

export type ReadDefaults = (asked: DefaultsAsk) => Promise<Result<ValuesRead, ProblemFault>>;

export function createReadDefaults({ registry, readEntity }: ReadDefaultsDeps): ReadDefaults {
  return async function readDefaults({ view, values, asker }) {
    if (values.ofRows === undefined) return ok({ values, told: {}, answers: [] });
    const entities = registry.pack(asker.tenant, view.pack)?.compiled.entities ?? new Map();
    const read: RowRead[] = [];
    const answers: QueryAnswer[] = [];
    for (const one of defaultsRows(view, values, entities)) {
      const answer = await readRow(one);
      if (!answer.ok) return failed(withPath(answer.fault, one));
      if (answer.value !== null) answers.push(answer.value);
      read.push({ params: one.params, row: answer.value?.rows[0] });
    }
    const made = withDefaults(view, values, read);
    return ok({ ...made, answers: answers.map((answer) => inZone(answer, made.values)) });

    async function readRow({ ask }: DefaultsRow): Promise<Result<QueryAnswer | null, ProblemFault>> {
      if (ask === null) return ok(null);
      const query = toEntityQuery(ask, entities);
      // The pack was changed between two looks at it.
      return query.ok ? readEntity({ query: query.value, wait: values.wait, asker }) : failed({ code: 'not_found' });
    }
  };
}

/** What is read for an answer is of no zone itself: it claims that of the answer. */
function inZone(answer: QueryAnswer, { window }: ViewValues): QueryAnswer {
  return answer.claims === null || window === null ? answer : { ...answer, claims: { ...answer.claims, zone: window.zone } };
}

/** Who may not see the row can ask for the parameter by name. */
function withPath(problem: ProblemFault, { params }: DefaultsRow): ProblemFault {
  const { errors } = problem;
  const path = `params.${params[0]?.name ?? ''}`;
  return errors === undefined ? problem : { ...problem, errors: errors.map((error) => ({ ...error, path })) };
}
