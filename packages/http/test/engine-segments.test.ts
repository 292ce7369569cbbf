import { ENGINE_SEGMENTS } from '@tidegate/core';
import { expect, it } from 'vitest';
import { listRoutes } from '../src/index.ts';

/** Packs declare routes of persons there too (`GET /v1/users/{id}`); the engine's own lie under literal segments, which win. */
const SHARED = new Set(['users']);

it('no pack can declare a route under a path of the engine: core names the first segment of each', () => {
  const segments = new Set(listRoutes().flatMap(({ path }) => (path.startsWith('/v1/') ? [path.split('/')[2] ?? ''] : [])));
  expect([...segments].filter((segment) => !ENGINE_SEGMENTS.has(segment) && !SHARED.has(segment))).toEqual([]);
});
