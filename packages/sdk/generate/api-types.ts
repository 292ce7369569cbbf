import openapiTS, { astToString } from 'openapi-typescript';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>>;
}

const HEADING = '// Generated from docs/reference/openapi.json by "npm run generate": change the routes, not this file.\n';

/**
 * `src/generated/api.ts`: an API document as types, without refusals, which are all of one form. The library needs the JavaScript API
 * of TypeScript 6, which this package has.
 */
export async function apiTypes(document: string): Promise<string> {
  const { paths, ...rest } = JSON.parse(document) as Document;
  const taken = mapValues(paths, (item) => mapValues(item, ({ responses, ...route }) => ({ ...route, responses: taking(responses) })));
  return HEADING + astToString(await openapiTS(JSON.stringify({ ...rest, paths: taken }), { immutable: true, defaultNonNullable: false }));
}

/** What was taken well, without the words about refusals that stand beside it. */
function taking(responses: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(responses).filter(([status]) => Number(status) < 400));
}

function mapValues<T, R>(from: Readonly<Record<string, T>>, map: (value: T) => R): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, map(value)]));
}
