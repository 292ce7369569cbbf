import { failed, ok } from '@tidegate/core';
import type { Result, RowScope } from '@tidegate/core';
import type { Caller, Handler, ProblemFault, RouteNameOf } from '@tidegate/http';
import { invalidMember, invalidRequest, mayBeOfToken, readJsonBody, sendJson, sendProblem, TOKEN_REQUEST_SCHEMA } from '@tidegate/http';
import type { z } from 'zod';
import { routesBeyond, routesUnknown } from './given-routes.ts';
import type { PackRoutes } from './pack-routes.ts';
import type { LocalTokens, TokenGrant } from './tokens/local-tokens.ts';
import { TOKEN_BYTES_MAX } from './tokens/token-form.ts';

type TokenRoute = Extract<RouteNameOf<'gateway'>, 'createToken'>;

const REQUEST_BYTES_MAX = 65_536;

interface TokenRouteDependencies {
  readonly localTokens: LocalTokens;
  readonly packRoutes: Pick<PackRoutes, 'named'>;
}

/** Tokens for a dashboard or a page: made with a key, showing less than it, for half an hour at most. */
export function createTokenRoutes({ localTokens, packRoutes }: TokenRouteDependencies): Readonly<Record<TokenRoute, Handler>> {
  return {
    createToken: async (exchange) => {
      const { request, response, context, caller } = exchange;
      // A token ends with the key that it was made with: one that a person's token made would end with nothing.
      if (caller.subject !== undefined) return sendProblem(response, { code: 'scope_missing', detail: 'Use an API key.' }, context);
      const body = await readJsonBody(request, REQUEST_BYTES_MAX);
      if (!body.ok) return sendProblem(response, body.fault, context);
      const grant = grantOf(body.value, caller, packRoutes);
      if (!grant.ok) return sendProblem(response, grant.fault, context);
      const { lifeS } = grant.value;
      const { token, expiresAtMs } = await localTokens.mint(grant.value);
      if (token.length > TOKEN_BYTES_MAX) return sendProblem(response, TOO_LONG, context);
      const told = { access_token: token, token_type: 'bearer', expires_in: lifeS, expires_at: new Date(expiresAtMs).toISOString() };
      sendJson(exchange, told, { status: 201, headers: { 'cache-control': 'no-store' } });
    },
  };
}

function grantOf(body: unknown, caller: Caller, packRoutes: TokenRouteDependencies['packRoutes']): Result<TokenGrant, ProblemFault> {
  const asked = TOKEN_REQUEST_SCHEMA.safeParse(body);
  if (!asked.success) return failed(invalidRequest(asked.error));
  const { tenant, keyId } = caller;
  const rows = rowsOf(asked.data, caller);
  if (rows.k !== undefined && rows.subject !== null) return failed(ONE_PERSON);
  // Of a key that is held to some routes its tokens are held to what of those a token may have.
  const routes = asked.data.routes ?? caller.routes?.filter(mayBeOfToken) ?? null;
  const refused = routesUnknown(routes, { tenant, packRoutes, kinds: ['view'] }) ?? routesBeyond(routes, caller);
  return refused === null ? ok({ tenant, keyId, rows, routes, lifeS: asked.data.expires_in_s }) : failed(refused);
}

/** What is asked for, and no smaller groups than the key is told of. */
function rowsOf({ metrics, where, subject, k: asked = 0 }: z.output<typeof TOKEN_REQUEST_SCHEMA>, caller: Caller): RowScope {
  const k = Math.max(asked, caller.rows?.k ?? 0);
  return { metrics, where, subject, ...(k === 0 ? {} : { k }) };
}

const ONE_PERSON = invalidMember('subject', 'names one person, and groups of fewer than k persons are withheld');
const TOO_LONG = invalidMember('', 'makes a token of more than 8 KB; name fewer metrics or values');
