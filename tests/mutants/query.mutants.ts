import type { Mutant } from './mutant.ts';

const CHUNK_TESTS = ['services/query/test/chunks-and-progress.test.ts'];
const STORE_TESTS = ['packages/redis/test/cells.integration.test.ts'];

/** Bugs of announcements (section 7) and of the cache (section 8). */
export const mutants: readonly Mutant[] = [
  {
    name: 'a hole in the announcements is ignored',
    section: 7,
    file: 'services/query/src/materialise.ts',
    find: "if (outcome === 'hole' || outcome === 'term' || outcome === 'lost') reason ??= outcome;",
    replace: "if (outcome === 'term' || outcome === 'lost') reason ??= outcome;",
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'progress moves over a commit that was never seen',
    section: 7,
    file: 'packages/redis/src/lua/progress-advance.lua',
    find: 'and before ~= knownCommit then',
    replace: 'and before < knownCommit then',
    tests: STORE_TESTS,
    kind: 'integration',
  },
  {
    name: 'a chunk is created again by an update',
    section: 8,
    file: 'packages/redis/src/lua/chunk-update.lua',
    find: "if redis.call('EXISTS', key) == 0 then return {0, 0} end",
    replace: "redis.call('HSETNX', key, '#counter', 0)",
    tests: STORE_TESTS,
    kind: 'integration',
  },
  {
    name: 'a loader whose chunk is gone fills the one that took its place',
    section: 8,
    file: 'packages/redis/src/lua/chunk-fill.lua',
    find: 'if mine[1] ~= ARGV[1] or mine[2] ~= run then return 0 end',
    replace: 'if not mine[1] or mine[2] ~= run then return 0 end',
    tests: STORE_TESTS,
    kind: 'integration',
  },
  {
    name: 'progress is read after the chunks',
    section: 8,
    file: 'services/query/src/read-chunks.ts',
    find: `    const [progress, ...looks] = await within(cacheBudgetMs, asked);
`,
    replace: `    const [, ...looks] = await within(cacheBudgetMs, asked);
    const progress = await store.readProgress();
`,
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'a chunk is filled from a replica',
    section: 8,
    file: 'services/query/src/load-chunk.ts',
    find: 'if (snapshot.isCut || snapshot.isReplica)',
    replace: 'if (snapshot.isCut)',
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'what an answer claims is cached with its rows',
    section: 8,
    file: 'services/query/src/read.ts',
    find: 'function heldOf({ partitions }: MaterialisedProgress): HeldProgress[] {',
    replace: `const keptClaims = new Map<string, HeldProgress[]>();
function heldOf(progress: MaterialisedProgress): HeldProgress[] {
  const kept = keptClaims.get(progress.epoch) ?? heldNow(progress);
  keptClaims.set(progress.epoch, kept);
  return kept;
}

function heldNow({ partitions }: MaterialisedProgress): HeldProgress[] {`,
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'the offset of a receipt is compared with another log',
    section: 1,
    file: 'services/query/src/receipts.ts',
    find: 'if (at.logGeneration <= generation) return',
    replace: 'if (isPassed || at.logGeneration <= generation) return',
    tests: ['services/query/test/receipts.test.ts'],
    kind: 'unit',
  },
  {
    name: "another request's rejected events are counted for a receipt between whose own they lie",
    section: 4,
    file: 'services/query/src/receipts.ts',
    find: 'return runs.map(({ first, count }) =>',
    replace: 'return [{ first: runs[0]?.first ?? 0, count: lastOffsetOf(entry) - (runs[0]?.first ?? 0) + 1 }].map(({ first, count }) =>',
    tests: ['services/query/test/receipts.test.ts'],
    kind: 'unit',
  },
  {
    name: 'Postgres answers with sums of doubles in another order than chunks do',
    section: 8,
    file: 'services/query/src/merge-order.ts',
    find: "return measures.some(({ measure }) => measure.numbers === 'double' || measure.kind === 'top_k');",
    replace: 'return measures.length === 0;',
    tests: ['services/query/test/same-bytes.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a 304 is sent for rows that have changed',
    section: 8,
    file: 'services/query/src/answer-body.ts',
    find: 'update(`1 ${tenant} ${format} `).update(body).digest()',
    replace: 'update(`1 ${tenant} ${format} `).update(String(body.length)).digest()',
    tests: ['services/query/test/answer-routes.test.ts'],
    kind: 'unit',
  },
  {
    name: 'what an answer claims about now stands in a body that callers keep',
    section: 8,
    file: 'services/query/src/answer-routes.ts',
    find: 'bodyOf(format, lasting(answer))',
    replace: 'bodyOf(format, answer)',
    tests: ['services/query/test/answer-routes.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a damaged field holds up announcements for ever',
    section: 8,
    file: 'packages/redis/src/script-runner.ts',
    find: '/^(WRONGTYPE |ERR user_script:\\d+: |ERR hash value is not an integer)/',
    replace: '/^(WRONGTYPE )/',
    tests: ['packages/redis/test/damage.integration.test.ts'],
    kind: 'integration',
  },
  {
    name: 'kept rows whose mark of the next page is damaged pass for the last page',
    section: 8,
    file: 'services/query/src/answer-cache.ts',
    find: 'if ((next === null && mark !== null) || ',
    replace: 'if (',
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'a chunk that is known is asked for again',
    section: 8,
    file: 'services/query/src/read-chunks.ts',
    find: 'known[at] ?? takeOver(',
    replace: 'takeOver(',
    tests: CHUNK_TESTS,
    kind: 'unit',
  },
  {
    name: 'read past the least sealed_through',
    section: 6,
    file: 'packages/core/src/rollup/sealed.ts',
    find: '      hour: Math.min(known.hour, one.hour),',
    replace: '      hour: Math.max(known.hour, one.hour),',
    tests: ['services/query/test/sealed-reads.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a coarse cell is read over an edge of the asked buckets',
    section: 6,
    file: 'packages/core/src/query/pieces.ts',
    find: '    const startS = Math.ceil(keptS / seconds) * seconds;',
    replace: '    const startS = Math.floor(keptS / seconds) * seconds;',
    tests: ['packages/core/src/query/pieces.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'cells that are dropped are taken for kept',
    section: 6,
    file: 'packages/core/src/query/pieces.ts',
    find: 'Math.max(fromS, floors[grain] ?? fromS)',
    replace: 'fromS',
    tests: ['packages/core/src/query/pieces.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'what was sealed in an earlier epoch is believed',
    section: 6,
    file: 'services/query/src/read-chunks.ts',
    find: '    if (progress.epoch !== epoch) return lookAt(shapeOf);',
    replace: '    if (progress.epoch !== epoch && shape === null) return lookAt(shapeOf);',
    tests: ['services/query/test/chunks-and-progress.test.ts', 'services/query/test/sealed-reads.property.test.ts'],
    kind: 'unit',
  },
];
