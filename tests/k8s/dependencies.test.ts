import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { expect, it } from 'vitest';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { createSchemaCheck } from './schema-check.ts';

const files = globSync('k8s/dependencies/**/*.yaml', { cwd: repositoryRoot }).toSorted();
const objects = files.flatMap((file) => readManifests(readFileSync(join(repositoryRoot, file), 'utf8')));
const schemaFaults = createSchemaCheck();

it('examples of what Tidegate stands on are what an API server takes, as far as their definitions are in packages', () => {
  const checked = objects.filter(({ apiVersion }) => !apiVersion.startsWith('kafka.strimzi.io/'));
  expect(checked.length).toBeGreaterThan(7);
  expect(checked.flatMap(schemaFaults)).toEqual([]);
});

it('Kafka keeps three copies and accepts when two have it; Postgres has the settings of the pool sums, one standby in each commit', () => {
  const spec = (kind: string): unknown => objects.find((object) => object.kind === kind);
  expect(spec('Kafka')).toMatchObject({ spec: { kafka: { config: { 'default.replication.factor': 3, 'min.insync.replicas': 2 } } } });
  expect(spec('KafkaNodePool')).toMatchObject({ spec: { replicas: 3 } });
  expect(spec('Cluster')).toMatchObject({
    spec: {
      instances: 3,
      postgresql: {
        parameters: {
          max_connections: '500',
          shared_buffers: '256MB',
          effective_cache_size: '1GB',
          maintenance_work_mem: '64MB',
          work_mem: '4MB',
          log_min_duration_statement: '200ms',
          log_parameter_max_length: '0',
        },
        synchronous: { number: 1 },
      },
    },
  });
  expect(spec('Pooler')).toMatchObject({
    spec: { pgbouncer: { poolMode: 'transaction', parameters: { max_client_conn: '1000', default_pool_size: '25', min_pool_size: '10' } } },
  });
  expect(spec('StatefulSet')).toMatchObject({ spec: { replicas: 6 } });
});
