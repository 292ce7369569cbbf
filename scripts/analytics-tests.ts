/** Where the tests of analytics are: the cache, the limiter, what puts it before routes, and the answers themselves. */
export const ANALYTICS_TESTS: readonly string[] = [
  ...['analysis', 'query', 'rollup', 'sketch', 'time', 'expression', 'view', 'entity', 'limit'].map(
    (folder) => `packages/core/src/${folder}/`,
  ),
  'packages/redis/',
  'services/gateway/src/limits/',
  'services/gateway/test/limit-headers.test.ts',
  'services/gateway/test/gate.test.ts',
  'services/gateway/test/pack-routes.test.ts',
  'services/query/',
  'tests/packs/',
  'tests/oracle/',
];
