import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { plantedHere } from './tests/mutants/planted-source.ts';

// Endings tell the cost: .test.ts and .property.test.ts need nothing, .integration.test.ts needs Kafka, Postgres and Redis
// (their addresses in KAFKA_BROKERS, DATABASE_URL, REDIS_URL), .e2e.test.ts starts the services as processes,
// .datasets.test.ts replays data sets that are not in the repository (TIDEGATE_DATA), .cluster.test.ts needs a control plane of
// Kubernetes (npm run test:cluster starts one).
// With a mutant asked for by `tests/mutants`, its file is served with the bug in it; the tree stays as it is.
const planted = plantedHere();

/** Tests of what runs elsewhere wait for it half of their time: more files at once than there are cores. */
const WAITING_FILES_MAX = Math.ceil(availableParallelism() * 1.5);

export default defineConfig({
  plugins: [
    {
      name: 'tidegate-mutant',
      enforce: 'pre',
      transform: (_code, id) => (planted !== null && id.split('?')[0] === planted.path ? { code: planted.text, map: null } : null),
    },
  ],
  test: {
    // vitest would leave a core free, which is half of a machine with two.
    maxWorkers: '100%',
    // A fact that is polled for comes late on a busy machine; it is the test's own time limit that ends the waiting.
    expect: { poll: { timeout: 20_000 } },
    // The files of a worker share its modules: loading them anew for each file took as long as the tests. Nothing here keeps
    // state in a module, and the leak guard looks at every file.
    isolate: false,
    // vitest resolves these from the root also for the projects below.
    setupFiles: [
      './tests/gates/leak-guard.ts',
      './tests/gates/property-seed.ts',
      ...(planted === null ? [] : ['./tests/mutants/plant.ts']),
    ],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{packages,services}/*/{src,test}/**/*.test.ts',
            'infra/native/**/*.test.ts',
            'tests/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', '**/*.e2e.test.ts', '**/*.datasets.test.ts', '**/*.cluster.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [
            '{packages,services}/*/{src,test}/**/*.integration.test.ts',
            'infra/native/**/*.integration.test.ts',
            'tests/**/*.integration.test.ts',
          ],
          maxWorkers: WAITING_FILES_MAX,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['tests/**/*.e2e.test.ts', 'infra/native/**/*.e2e.test.ts'],
          maxWorkers: WAITING_FILES_MAX,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'datasets',
          include: ['tests/**/*.datasets.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: ['tests/cluster/*.cluster.test.ts'],
          globalSetup: ['./tests/cluster/nodes-and-kinds.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One file takes all nodes out of use for a moment.
          fileParallelism: false,
        },
      },
    ],
  },
});
