/** Funnels and experiments that packs name, and which variant a person has. */
import { createHash } from 'node:crypto';
import { namedExperiments, namedFunnels, variantOf, WEIGHTS_TOTAL } from '@tidegate/core';
import type { NamedJourney } from '@tidegate/core';
import { ASSIGNMENT_QUERY, EXPERIMENT_QUERY, invalidRequest, refuse, sendJson, sendProblem, visibleRows } from '@tidegate/http';
import type { Exchange } from '@tidegate/http';
import { sendAnswerTo } from './answer-routes.ts';
import type { AnswerRoutesDeps } from './answer-routes.ts';
import type { Registry } from './registry.ts';

export interface ExperimentsDeps extends AnswerRoutesDeps {
  readonly registry: Pick<Registry, 'packs' | 'pack'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
}

export interface ExperimentHandlers {
  listFunnels(exchange: Exchange): void;
  listExperiments(exchange: Exchange): void;
  /** By its name and a range, as its question is answered. */
  readExperiment(exchange: Exchange): Promise<void>;
  readAssignment(exchange: Exchange): void;
}

export function createExperimentHandlers(deps: ExperimentsDeps): ExperimentHandlers {
  const { registry, pseudonymOf } = deps;
  return {
    listFunnels(exchange) {
      const funnels = registry.packs(exchange.caller.tenant).flatMap(({ source }) => namedFunnels(source));
      sendJson(exchange, { funnels: funnels.map(({ name, ...more }) => ({ funnel: name, ...more })) });
    },
    listExperiments(exchange) {
      const experiments = registry.packs(exchange.caller.tenant).flatMap(({ source }) => namedExperiments(source));
      sendJson(exchange, { experiments: experiments.map(experimentView) });
    },
    async readExperiment(exchange) {
      const { caller, params, query } = exchange;
      const source = registry.pack(caller.tenant, params['pack'] ?? '')?.source;
      const named = source === undefined ? [] : namedExperiments(source);
      const found = named.find(({ name }) => name === params['experiment']);
      if (found === undefined) return refuse(exchange, { code: 'not_found' });
      const asked = EXPERIMENT_QUERY.safeParse(Object.fromEntries(query));
      if (!asked.success) return refuse(exchange, invalidRequest(asked.error));
      return sendAnswerTo(deps, exchange, { ...found.question, ...asked.data });
    },
    readAssignment(exchange) {
      const { caller, params, query, response, context } = exchange;
      const pack = params['pack'] ?? '';
      const experiment = params['experiment'] ?? '';
      const declared = registry.pack(caller.tenant, pack)?.source.experiments?.[experiment];
      if (declared === undefined) return sendProblem(response, { code: 'not_found' }, context);
      const asked = ASSIGNMENT_QUERY.safeParse(Object.fromEntries(query));
      if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
      const { subject } = asked.data;
      const rows = visibleRows(caller);
      if (rows !== null && rows.subject !== subject) return sendProblem(response, { code: 'row_refused' }, context);
      const bucket = bucketOf(experiment, pseudonymOf(caller.tenant, subject));
      return sendJson(exchange, { pack, experiment, variant: variantOf(bucket, declared.weights), bucket });
    },
  };
}

/** The first eight hex digits of SHA-256 of `experiment:pseudonym`, modulo all buckets (D-S10). */
function bucketOf(experiment: string, pseudonym: string): number {
  const digest = createHash('sha256').update(`${experiment}:${pseudonym}`).digest('hex');
  return Number.parseInt(digest.slice(0, 8), 16) % WEIGHTS_TOTAL;
}

function experimentView({ name, question, ...more }: NamedJourney): Readonly<Record<string, unknown>> {
  const { weights, control } = question as { readonly weights: Readonly<Record<string, number>>; readonly control: string };
  const variants = Object.entries(weights)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([variant, weight]) => ({ variant, share: (100 * weight) / WEIGHTS_TOTAL, is_control: variant === control }));
  return { experiment: name, ...more, question, variants };
}
