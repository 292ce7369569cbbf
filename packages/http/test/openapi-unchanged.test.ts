import { expect, test } from 'vitest';
import { listRoutes, openApiDocument } from '../src/index.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly headers?: Readonly<Record<string, unknown>>; readonly content?: unknown }>>;
}

const paths = openApiDocument({ version: '1' })['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const operations = Object.values(paths).flatMap((item) => Object.values(item));

test('what may be asked for again is told with its tag, the header that names it and a 304 without a body, and nothing else is', () => {
  const told = operations.map(({ operationId, parameters = [], responses }) => {
    const isAsked = parameters.some((one) => one.name === 'If-None-Match' && one.in === 'header' && !one.required);
    const statuses = Object.entries(responses).flatMap(([status, { headers }]) => (headers?.['ETag'] === undefined ? [] : [status]));
    return [operationId, isAsked, statuses, responses['304'] === undefined ? null : (responses['304'].content ?? 'no body')];
  });
  const declared = new Set(listRoutes().flatMap(({ name, responses }) => (304 in responses ? [name] : [])));
  expect(declared.size).toBeGreaterThan(20);
  expect(told).toEqual(
    operations.map(({ operationId }) =>
      declared.has(operationId as never) ? [operationId, true, ['200', '304'], 'no body'] : [operationId, false, [], null],
    ),
  );
});

test('only what is got may be', () => {
  expect(listRoutes().filter(({ method, responses }) => 304 in responses && method !== 'GET')).toEqual([]);
});
