import type { Mutant } from './mutant.ts';

const TESTS = ['services/query/test/kept-views.property.test.ts'];
const VIEWS = 'services/query/src/views/kept-views.ts';

/** Bugs of kept answers of views (section 8, docs/design/answer-cache.md). */
export const mutants: readonly Mutant[] = [
  {
    name: 'marks stay when progress moves',
    section: 8,
    file: 'services/query/src/materialise.ts',
    find: 'deps.store.advance(advances, dropped)',
    replace: 'deps.store.advance(advances)',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'marks fall before the cells are in the chunks',
    section: 8,
    file: 'services/query/src/materialise.ts',
    find: '    await updateChunks(chunks);\n',
    replace:
      '    await deps.store.dropMarks(deps.names.ofChanges(chunks.map(({ name }) => name), entities));\n    await updateChunks(chunks);\n    return void (await advance(advances, []));\n',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'an entry of an earlier epoch is a hit',
    section: 8,
    file: VIEWS,
    find: 'if (marks === null || epoch !== progress.epoch) return false;',
    replace: 'if (marks === null) return false;',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'progress is read after the marks of a kept answer',
    section: 8,
    file: VIEWS,
    find: 'if (await isUnchanged(deps, asked.asker.tenant, { entry, progress })) {',
    replace:
      'if (await isUnchanged(deps, asked.asker.tenant, { entry, progress })) {\n    progress = (await deps.store.readProgress()) ?? progress;',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'a request joins a flight that began before it came',
    section: 8,
    file: 'services/query/src/shared-flights.ts',
    find: 'running.next ??= running.done.catch(() => undefined).then(async () => begin(key, action));',
    replace: 'running.next ??= running.done;',
    tests: ['services/query/test/shared-flights.test.ts'],
    kind: 'unit',
  },
  {
    name: 'an answer may be older than its class lets it be',
    section: 8,
    file: VIEWS,
    find: 'ageMs > lifetime.maxStalenessMs) return null;',
    replace: 'ageMs > lifetime.ttlMs) return null;',
    tests: ['services/query/test/kept-views.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a mark of another run of the server counts',
    section: 8,
    file: 'packages/redis/src/lua/mark-read.lua',
    find: "if not marks[i] or string.sub(marks[i], 1, #run) ~= run then marks[i] = '' end",
    replace: "if not marks[i] then marks[i] = '' end",
    tests: ['packages/redis/test/cells.integration.test.ts'],
    kind: 'integration',
  },
];
