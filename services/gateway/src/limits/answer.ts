import type { EffectivePolicy, Fault, LimitScope } from '@tidegate/core';
import { limitNumbers } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import { rateLimitHeaders } from '@tidegate/http';
import type { Random } from '@tidegate/runtime';
import type { CountedDecision, LimitDecision } from './decision.ts';

const NO_HEADERS: Readonly<Record<string, string>> = {};
/** How full the installation is, or a neighbour's network, is nobody's business. */
const HIDDEN: ReadonlySet<LimitScope> = new Set(['global', 'network']);
const JITTER = 0.1;
const US_PER_S = 1_000_000;

/** The headers of an answer, allowed or refused, that tell of its limits. */
export function limitHeaders(decision: LimitDecision, nowMs: number): Readonly<Record<string, string>> {
  switch (decision.kind) {
    case 'exempt':
      return NO_HEADERS;
    case 'uncounted':
      return { 'x-ratelimit-mode': decision.mode };
    case 'unavailable':
      return { 'x-ratelimit-mode': 'closed' };
    case 'allowed':
    case 'denied':
      return decision.source === 'local' ? { 'x-ratelimit-mode': 'local' } : numbersOf(decision, nowMs);
  }
}

function numbersOf(decision: CountedDecision, nowMs: number): Readonly<Record<string, string>> {
  const { plan, levels, kind } = decision;
  const nowUs = decision.nowUs === 0 ? nowMs * 1_000 : decision.nowUs;
  const shown = plan.levels.flatMap(({ policy }, at) => {
    const level = levels[at];
    if (level === undefined || policy.mode === 'shadow' || HIDDEN.has(policy.scope)) return [];
    // Levels that a remembered refusal did not ask are not known now.
    if (decision.source === 'deny_cache' && level.waitUs === 0) return [];
    return [limitNumbers({ policy, ...level }, nowUs)];
  });
  if (shown.length === 0) return NO_HEADERS;
  const tightest = shown.reduce((least, one) => (isTighter(one, least, kind) ? one : least));
  return rateLimitHeaders(tightest, shown);
}

type Shown = ReturnType<typeof limitNumbers>;

/** Of a refusal the level that refused and takes longest; else that with the fewest tokens left, the first of equals. */
function isTighter(one: Shown, than: Shown, kind: CountedDecision['kind']): boolean {
  if (kind === 'denied' && one.retryAfterS !== than.retryAfterS) return one.retryAfterS > than.retryAfterS;
  return one.remaining < than.remaining;
}

/** The level that refused first, in the order of scopes: it names the refusal. */
export function bindingLevel({ plan, levels }: CountedDecision): { readonly policy: EffectivePolicy; readonly at: number } | null {
  const at = plan.levels.findIndex(({ policy }, index) => policy.mode === 'enforce' && (levels[index]?.waitUs ?? 0) > 0);
  const level = plan.levels[at];
  return level === undefined ? null : { policy: level.policy, at };
}

/** Whole seconds until all levels that refused will have enough, and a little more by chance so that not all come back at once. */
export function retryAfterS({ plan, levels }: CountedDecision, random: Random): number {
  const waitUs = Math.max(...plan.levels.map(({ policy }, at) => (policy.mode === 'enforce' ? (levels[at]?.waitUs ?? 0) : 0)));
  const waitS = Math.max(1, Math.ceil(waitUs / US_PER_S));
  return waitS + Math.floor(random() * (waitS * JITTER + 1));
}

/** The 429: which limit, of what, and when to come back. `violated-policies` is the name that the IETF draft gives it. */
export function quotaProblem(
  decision: CountedDecision,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): ProblemFault {
  const { plan, levels } = decision;
  const waitS = retryAfterS(decision, random);
  const refusing = plan.levels.flatMap(({ policy }, at) => (policy.mode === 'enforce' && (levels[at]?.waitUs ?? 0) > 0 ? [policy] : []));
  const [binding] = refusing;
  const isShown = binding !== undefined && !HIDDEN.has(binding.scope);
  return {
    code: 'quota_exceeded',
    detail: binding === undefined ? 'Wait the seconds in Retry-After.' : explain(binding, { cost: plan.limitClass.cost, waitS }),
    retryAfterS: waitS,
    headers: limitHeaders(decision, nowMs),
    members: {
      class: binding?.name ?? plan.limitClass.name,
      scope: binding?.scope ?? 'global',
      ...(isShown ? { limit: binding.limit, window_s: binding.windowS } : {}),
      retry_after_s: waitS,
      'violated-policies': refusing.map(({ name }) => name),
    },
  };
}

const WHOSE: Readonly<Record<LimitScope, string>> = {
  ip: 'from one address',
  network: 'from one network',
  auth_failure: 'with a wrong credential from one address',
  global: 'to this installation',
  tenant: 'of one tenant',
  user: 'of one user',
  api_key: 'with one API key',
  endpoint: 'of one user to one route',
  account: 'to sign in to one account',
};

/** For somebody who meets a limit for the first time. */
function explain(
  { scope, limit, windowS, burst }: EffectivePolicy,
  { cost, waitS }: { readonly cost: number; readonly waitS: number },
): string {
  const price = cost === 1 ? '' : ` This one counts as ${cost}.`;
  const rule = HIDDEN.has(scope)
    ? `More requests came ${WHOSE[scope]} than are let in.`
    : `At most ${limit} requests in ${spanOf(windowS)} ${WHOSE[scope]} are let in, ${burst} at once.${price}`;
  return `${rule} Nothing of this request was counted or done: send it again in ${waitS} second${waitS === 1 ? '' : 's'}, as the header Retry-After says.`;
}

function spanOf(windowS: number): string {
  const named = new Map([
    [1, 'a second'],
    [60, 'a minute'],
    [3_600, 'an hour'],
    [86_400, 'a day'],
  ]);
  return named.get(windowS) ?? `${windowS} seconds`;
}

/** Every fault of a record of limits. */
export function limitsInvalid(faults: readonly Fault[]): ProblemFault {
  return { code: 'limits_invalid', errors: faults.map(({ code, path = '', message }) => ({ code, path, message })) };
}
