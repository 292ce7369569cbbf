import { defineConfig } from 'vitest/config';

// Endings tell the cost: .test.ts and .property.test.ts need nothing, .integration.test.ts needs Kafka, Postgres and Redis
// (their addresses in KAFKA_BROKERS, DATABASE_URL, REDIS_URL), .e2e.test.ts starts the services as processes.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,services}/*/{src,test}/**/*.test.ts', 'infra/native/**/*.test.ts', 'tests/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', '**/*.e2e.test.ts', '**/*.datasets.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{packages,services}/*/{src,test}/**/*.integration.test.ts', 'infra/native/**/*.integration.test.ts', 'tests/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.e2e.test.ts', 'infra/native/**/*.e2e.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
