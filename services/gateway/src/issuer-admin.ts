import type { Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { invalidMember, invalidRequest, ISSUER_REQUEST_SCHEMA, readJsonBody, sendJson, sendProblem } from '@tidegate/http';
import type { ControlStore } from '@tidegate/postgres';
import { scopesBeyond, scopesUnknown } from './admin.ts';
import type { PackRoutes } from './pack-routes.ts';

export interface IssuerAdminDependencies {
  readonly store: Pick<ControlStore, 'putIssuer' | 'listIssuers' | 'removeIssuer'>;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  /** Hosts whose keys may be read over plain http. */
  readonly plainHosts: readonly string[];
  readonly packRoutes: Pick<PackRoutes, 'scopes'>;
}

type IssuerRoute = Extract<RouteNameOf<'gateway'>, 'putIssuer' | 'listIssuers' | 'removeIssuer'>;

const ISSUER_BYTES_MAX = 65_536;

/** Whose tokens the caller's tenant takes. */
export function createIssuerAdmin({
  store,
  wake,
  plainHosts,
  packRoutes,
}: IssuerAdminDependencies): Readonly<Record<IssuerRoute, Handler>> {
  return {
    putIssuer: async (exchange) => {
      const { request, response, context, caller } = exchange;
      const body = await readJsonBody(request, ISSUER_BYTES_MAX);
      if (!body.ok) return sendProblem(response, body.fault, context);
      const asked = ISSUER_REQUEST_SCHEMA.safeParse(body.value);
      if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
      const { scopes, scopes_by_word: byWord, jwks_uri: uri } = asked.data;
      const given = [...scopes, ...Object.values(byWord).flat()];
      const refused =
        scopesUnknown(given, packRoutes.scopes(caller.tenant)) ?? scopesBeyond(given, caller.scopes) ?? plainRefused(uri, plainHosts);
      if (refused !== null) return sendProblem(response, refused, context);
      const put = await store.putIssuer({ ...asked.data, tenant: caller.tenant });
      if (!put.ok) return sendProblem(response, { code: put.fault }, context);
      wake();
      sendJson(exchange, put.value);
    },
    listIssuers: async (exchange) => sendJson(exchange, { issuers: await store.listIssuers(exchange.caller.tenant) }),
    removeIssuer: async (exchange) => {
      const { params, response, context, caller } = exchange;
      const name = params['issuer'] ?? '';
      if (!(await store.removeIssuer(caller.tenant, name))) return sendProblem(response, { code: 'not_found' }, context);
      wake();
      sendJson(exchange, { name, state: 'removed' });
    },
  };
}

/** Who can change what comes over plain http makes keys, and with them any token of the issuer. */
function plainRefused(uri: string, plainHosts: readonly string[]): ProblemFault | null {
  const { protocol, hostname } = new URL(uri);
  if (protocol === 'https:' || plainHosts.includes(hostname)) return null;
  const message = 'begins with https:// (the operator may allow a host of the own network by JWKS_PLAIN_HOSTS)';
  return invalidMember('jwks_uri', message);
}
