/**
 * Every route of the API with the types of its document. They are generated from `docs/reference/openapi.json`; for the routes of your own
 * packs make them from the `/openapi.json` of your gateway (`npx openapi-typescript http://…/openapi.json -o tidegate.ts`) and say
 * `createApi<paths>(client)`.
 */
import type { Client } from './client.ts';
import type { paths } from './generated/api.ts';

/** What `openapi-typescript` makes of a document. */
export type ApiPaths = object;

type Verb = 'get' | 'post' | 'put' | 'delete';

/** Paths that have a route of this method. */
type PathsOf<P, V extends Verb> = { [K in keyof P]: P[K] extends Readonly<Record<V, { responses: unknown }>> ? K : never }[keyof P] &
  string;

type OperationOf<P, K extends keyof P, V extends Verb> = P[K] extends Readonly<Record<V, infer O>> ? O : never;

type ParamsIn<O, Place extends 'path' | 'query'> = O extends { parameters: Readonly<Record<Place, infer T>> } ? T : never;
type MaybeParamsIn<O, Place extends 'path' | 'query'> = O extends { parameters: { [K in Place]?: infer T } } ? T : never;
type JsonOf<T> = T extends { content: { 'application/json': infer J } } ? J : never;
type BodyOf<O> = O extends { requestBody?: infer B } ? JsonOf<NonNullable<B>> : never;

/** Required where the document says so. */
type Member<Name extends string, Required, Given> = [Given] extends [never]
  ? unknown
  : [Required] extends [never]
    ? { readonly [K in Name]?: Given }
    : { readonly [K in Name]: Given };

/** What a call takes. */
type Given<O> = Member<'path', ParamsIn<O, 'path'>, ParamsIn<O, 'path'>> &
  Member<'query', ParamsIn<O, 'query'>, NonNullable<MaybeParamsIn<O, 'query'>>> &
  Member<'body', O extends { requestBody: unknown } ? true : never, BodyOf<O>>;

type Taken = 200 | 201 | 202 | 207;
/** What a call that is not refused answers. */
type AnswerOf<O> = O extends { responses: infer R } ? { [S in keyof R & Taken]: JsonOf<R[S]> }[keyof R & Taken] : never;

type Route<P, V extends Verb> = <K extends PathsOf<P, V>>(
  path: K,
  ...given: object extends Given<OperationOf<P, K, V>> ? [given?: Given<OperationOf<P, K, V>>] : [given: Given<OperationOf<P, K, V>>]
) => Promise<AnswerOf<OperationOf<P, K, V>>>;

/** Each rejects with `ApiError` where the gateway refuses. */
export interface Api<P = paths> {
  readonly get: Route<P, 'get'>;
  readonly post: Route<P, 'post'>;
  readonly put: Route<P, 'put'>;
  readonly delete: Route<P, 'delete'>;
}

interface AnyGiven {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export function createApi<P extends ApiPaths = paths>(client: Pick<Client, 'call'>): Api<P> {
  const route =
    (method: 'GET' | 'POST' | 'PUT' | 'DELETE') =>
    (template: string, { path = {}, query = {}, body }: AnyGiven = {}): Promise<unknown> =>
      client.call({
        method,
        path: `${filled(template, path)}${searchOf(query)}`,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
  // The types say what the document says of each path; at run time all routes are one function.
  return { get: route('GET'), post: route('POST'), put: route('PUT'), delete: route('DELETE') } as Api<P>;
}

function filled(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(values[name])));
}

/** Lists are joined by commas, as the parameters of packs are written. */
function searchOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, textOf(value)])).toString();
  return search === '' ? '' : `?${search}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
