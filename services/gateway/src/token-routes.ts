import type { Handler, RouteNameOf } from '@tidegate/http';
import { invalidMember, invalidRequest, mayBeOfToken, readJsonBody, sendJson, sendProblem, TOKEN_REQUEST_SCHEMA } from '@tidegate/http';
import { routesBeyond, routesUnknown } from './given-routes.ts';
import type { PackRoutes } from './pack-routes.ts';
import type { LocalTokens } from './tokens/local-tokens.ts';
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
      const asked = TOKEN_REQUEST_SCHEMA.safeParse(body.value);
      if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
      const { metrics, where, subject, expires_in_s: lifeS } = asked.data;
      const { tenant, keyId } = caller;
      // Of a key that is held to some routes its tokens are held to what of those a token may have.
      const routes = asked.data.routes ?? caller.routes?.filter(mayBeOfToken) ?? null;
      const refused = routesUnknown(routes, { tenant, packRoutes, kinds: ['view'] }) ?? routesBeyond(routes, caller);
      if (refused !== null) return sendProblem(response, refused, context);
      const { token, expiresAtMs } = await localTokens.mint({ tenant, keyId, rows: { metrics, where, subject }, routes, lifeS });
      if (token.length > TOKEN_BYTES_MAX) return sendProblem(response, TOO_LONG, context);
      const told = { access_token: token, token_type: 'bearer', expires_in: lifeS, expires_at: new Date(expiresAtMs).toISOString() };
      sendJson(exchange, told, { status: 201, headers: { 'cache-control': 'no-store' } });
    },
  };
}

const TOO_LONG = invalidMember('', 'makes a token of more than 8 KB; name fewer metrics or values');
