import type { IncomingMessage } from 'node:http';
import type { LimitScope } from '@tidegate/core';
import { limitNumbers } from '@tidegate/core';
import type { Exchange, Handler, RouteNameOf } from '@tidegate/http';
import {
  createRouter,
  EXPLAIN_REQUEST_SCHEMA,
  invalidRequest,
  listRoutes,
  normalisePath,
  readJsonBody,
  sendJson,
  sendProblem,
} from '@tidegate/http';
import type { ControlStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { limitsInvalid } from './answer.ts';
import { INSTALLATION } from './book.ts';
import type { ClientAddress } from './client-address.ts';
import type { Plan } from './plans.ts';
import { createReplayRoute } from './replay/replay-route.ts';
import type { StartedLimits } from './start-limits.ts';

export interface LimitRoutesDependencies {
  readonly limits: Pick<StartedLimits, 'book' | 'plans' | 'peek' | 'readDecisions'>;
  readonly addressOf: (request: IncomingMessage) => ClientAddress;
  readonly store: Pick<ControlStore, 'putLimits'>;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly clock: Clock;
}

type LimitRoute = Extract<
  RouteNameOf<'gateway'>,
  | 'readLimits'
  | 'explainLimits'
  | 'replayLimits'
  | 'readTenantLimits'
  | 'putTenantLimits'
  | 'readInstallationLimits'
  | 'putInstallationLimits'
>;

const BYTES_MAX = 262_144;
const NO_STORE = { headers: { 'cache-control': 'no-store' } } as const;
const HIDDEN: ReadonlySet<LimitScope> = new Set(['global', 'network']);
/** Stands for what most requests are counted as, and for events. */
const USUAL = [
  { method: 'POST', path: '/v1/query' },
  { method: 'POST', path: '/v1/events' },
] as const;

interface Standing {
  readonly policy: string;
  readonly scope: LimitScope;
  readonly mode: string;
  readonly wait_s: number;
  readonly [member: string]: unknown;
}

/** What limits a caller has, why, and how a tenant changes its own. Looks and spends nothing. */
export function createLimitRoutes(dependencies: LimitRoutesDependencies): Readonly<Record<LimitRoute, Handler>> {
  const { limits, addressOf } = dependencies;
  const match = createRouter(listRoutes());

  /** Levels as they stand; a shared level is looked at in units of what the request would take. */
  async function look(plan: Plan): Promise<readonly Standing[]> {
    const asked = plan.asks.map((ask) => ({ ...ask, cost: 0, kind: 'enforce' as const }));
    if (asked.length === 0) return [];
    const { nowUs, levels } = await limits.peek(asked);
    return plan.levels.flatMap(({ policy }, at) => {
      const level = levels[at];
      if (level === undefined || HIDDEN.has(policy.scope)) return [];
      const needed = plan.limitClass.cost * policy.q;
      const waitUs = level.units >= needed ? 0 : Math.ceil((needed - level.units) / policy.p);
      const numbers = limitNumbers({ policy, ...level, waitUs }, nowUs);
      const { name, scope, mode, source, limit, windowS, burst } = policy;
      const said = { policy: name, scope, mode, source, limit, window_s: windowS, burst };
      return [{ ...said, remaining: numbers.remaining, reset: numbers.resetEpochS, wait_s: numbers.retryAfterS }];
    });
  }

  const planOf = ({ request, caller }: Exchange, route: Readonly<Record<'method' | 'path', string>>): Plan =>
    limits.plans.of({ client: addressOf(request), ...route, caller });

  async function explain(exchange: Exchange): Promise<void> {
    const { request, response, context } = exchange;
    const body = await readJsonBody(request, BYTES_MAX);
    if (!body.ok) return sendProblem(response, body.fault, context);
    const asked = EXPLAIN_REQUEST_SCHEMA.safeParse(body.value);
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const path = normalisePath(asked.data.path);
    const found = match(asked.data.method, path.ok ? path.path : '');
    if (found.kind !== 'found') return sendProblem(response, { code: 'not_found' }, context);
    const plan = planOf(exchange, { method: found.route.method, path: found.route.path });
    const levels = await look(plan);
    const refusing = levels.find(({ mode, wait_s: waitS }) => mode === 'enforce' && waitS > 0);
    const { name, source, cost } = plan.limitClass;
    const decided = { would_pass: refusing === undefined, decided_by: refusing?.policy ?? null };
    sendJson(exchange, { class: name, class_source: source, cost, ...decided, levels }, NO_STORE);
  }

  const put = (exchange: Exchange, whose: string): Promise<void> => putLimits(exchange, { whose, ...dependencies });

  return {
    async readLimits(exchange) {
      const told = new Map<string, Standing>();
      for (const route of USUAL) for (const level of await look(planOf(exchange, route))) told.set(level.policy, level);
      sendJson(exchange, { limits: [...told.values()] }, NO_STORE);
    },
    explainLimits: explain,
    replayLimits: createReplayRoute({ book: limits.book, readDecisions: limits.readDecisions, clock: dependencies.clock }),
    readTenantLimits: (exchange) => sendJson(exchange, { limits: limits.book.recordOf(exchange.caller.tenant) }, NO_STORE),
    putTenantLimits: (exchange) => put(exchange, exchange.caller.tenant),
    readInstallationLimits: (exchange) => sendJson(exchange, { limits: limits.book.recordOf(INSTALLATION) }, NO_STORE),
    putInstallationLimits: (exchange) => put(exchange, INSTALLATION),
  };
}

/** Checks and sets the limits of a tenant, or of the installation. */
async function putLimits(
  exchange: Exchange,
  { whose, limits, store, wake }: LimitRoutesDependencies & { readonly whose: string },
): Promise<void> {
  const { request, response, context } = exchange;
  const body = await readJsonBody(request, BYTES_MAX);
  if (!body.ok) return sendProblem(response, body.fault, context);
  const checked = limits.book.check(whose, body.value);
  if (!checked.ok) return sendProblem(response, limitsInvalid(checked.fault), context);
  await store.putLimits(whose, checked.value);
  wake();
  sendJson(exchange, { limits: checked.value }, NO_STORE);
}
