import * as cache from '../cache-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY, UNCHANGED } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const READING = {
  answers: 'query',
  scope: 'cache:read',
  limitClass: 'api_key',
  query: cache.CACHE_QUERY,
  faults: ['request_invalid', 'unavailable'],
} as const;
const CHANGING = {
  answers: 'query',
  scope: 'cache:admin',
  limitClass: 'api_key',
  faults: [...JSON_BODY, 'request_invalid', 'unavailable'],
} as const;
const STATISTICS = { resource: 'cache', action: 'update' } as const;

/** Kept answers of views, as those see them who look after them. */
export const CACHE_ROUTES = {
  readCacheStats: {
    method: 'GET',
    path: '/v1/cache/stats',
    summary: 'How often kept answers were found: in all, by class and by name',
    ...READING,
    responses: { ...UNCHANGED, 200: { description: 'Of all, or of the name in `key`.', schema: cache.CACHE_STATS_SCHEMA } },
  },
  resetCacheStats: {
    method: 'POST',
    path: '/v1/cache/stats/reset',
    summary: 'Count anew; nothing that is kept goes',
    ...CHANGING,
    body: { contentTypes: JSON_ONLY, schema: cache.CACHE_RESET_SCHEMA, isOptional: true },
    accesses: STATISTICS,
    responses: { 200: { description: 'Done.', schema: cache.CACHE_RESET_DONE_SCHEMA } },
  },
  readCache: {
    method: 'GET',
    path: '/v1/admin/cache',
    summary: 'Classes of kept answers with their lifetimes, aims, figures, and history by hour',
    ...READING,
    responses: { ...UNCHANGED, 200: { description: 'The last `days` (14, at most 90).', schema: cache.CACHE_SCHEMA } },
  },
  listKeptNames: {
    method: 'GET',
    path: '/v1/admin/cache/keys',
    summary: 'What lies in the cache: patterns of names, how many, how much memory',
    ...READING,
    responses: { ...UNCHANGED, 200: { description: 'Of all classes, or of one.', schema: cache.CACHE_KEYS_SCHEMA } },
  },
  adviseCache: {
    method: 'GET',
    path: '/v1/admin/cache/advice',
    summary: 'What lifetimes should be, by the figures of the last days',
    ...READING,
    responses: { ...UNCHANGED, 200: { description: 'A line for each class.', schema: cache.CACHE_ADVICE_SCHEMA } },
  },
  dropKept: {
    method: 'POST',
    path: '/v1/admin/cache/invalidate',
    summary: 'Drop kept answers: of a class, of a name, of a pattern of names, or about a person',
    ...CHANGING,
    body: { contentTypes: JSON_ONLY, schema: cache.CACHE_DROP_SCHEMA },
    accesses: { resource: 'cache', action: 'delete' },
    responses: { 200: { description: 'From here on they are made anew.', schema: cache.CACHE_DROPPED_SCHEMA } },
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
