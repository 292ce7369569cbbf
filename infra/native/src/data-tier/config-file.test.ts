import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../home.ts';
import { fillConfig } from './config-file.ts';
import { isWhole } from './patroni.ts';

/** The objects of an example of `k8s/dependencies`. */
function exampleOf(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(join(repositoryRoot, 'k8s/dependencies', file), 'utf8')).map((document): unknown =>
    document.toJS(),
  );
}

const MEMBER = { name: 'postgres-1', folder: '/data', binaries: '/bin', port: 1, restPort: 2, etcdPort: 3 };
const POOLER = { host: '127.0.0.1', serverPort: 1, port: 2, users: '/users', poolSize: 25, poolSizeMin: 10 };

it('Postgres under Patroni has the settings of the example for clusters, and commits wait for a standby as there', () => {
  const { bootstrap } = parse(fillConfig('patroni.yaml', MEMBER)) as { bootstrap: { dcs: { postgresql: { parameters: object } } } };
  const parameters = Object.entries(bootstrap.dcs.postgresql.parameters).map(([name, value]) => [name, String(value)]);
  expect(exampleOf('cloudnative-pg/cluster.yaml')).toMatchObject([
    { spec: { instances: 3, postgresql: { parameters: Object.fromEntries(parameters), synchronous: { method: 'any', number: 1 } } } },
  ]);
  expect(parameters.map(([name]) => name)).toContain('max_connections');
  expect(bootstrap.dcs).toMatchObject({ synchronous_mode: 'quorum', synchronous_node_count: 1 });
});

it('the lease of a primary is longer than what Patroni may take to renew it', () => {
  const { bootstrap } = parse(fillConfig('patroni.yaml', MEMBER)) as {
    bootstrap: { dcs: { ttl: number; loop_wait: number; retry_timeout: number } };
  };
  const { ttl, loop_wait: loop, retry_timeout: retry } = bootstrap.dcs;
  // Patroni's own condition; where it does not hold, it takes other values than these.
  expect(loop + 2 * retry).toBeLessThanOrEqual(ttl);
});

it('the pooler has the sizes of the example for clusters', () => {
  const lines = fillConfig('pgbouncer.ini', POOLER).split('\n');
  const setting = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name} = `))?.slice(name.length + 3);
  const names = ['max_client_conn', 'default_pool_size', 'min_pool_size'];
  expect(exampleOf('cloudnative-pg/pooler.yaml')).toMatchObject([
    { spec: { pgbouncer: { poolMode: setting('pool_mode'), parameters: Object.fromEntries(names.map((name) => [name, setting(name)])) } } },
  ]);
});

it('a node of Redis Cluster has the settings of the example for clusters', () => {
  const lines = fillConfig('redis.conf', { port: 1, bus: 2, folder: '/data' }).split('\n');
  const shared = lines.slice(lines.indexOf('# ---') + 1, lines.lastIndexOf('# ---'));
  const [settings] = exampleOf('redis-cluster/redis-cluster.yaml');
  expect(settings).toMatchObject({ data: { 'redis.conf': `${shared.join('\n')}\n` } });
});

it('a settings file with a name that has no value, or a value too many, is refused', () => {
  expect(() => fillConfig('pgbouncer.ini', { ...POOLER, more: 1 })).toThrow('has no place for more');
  const { host: _host, ...rest } = POOLER;
  expect(() => fillConfig('pgbouncer.ini', rest)).toThrow('needs a value for host');
});

it('a cluster is whole when one member leads and each other one streams from it', () => {
  const leader = { name: 'a', role: 'leader', state: 'running' };
  const standby = { name: 'b', role: 'quorum_standby', state: 'streaming' };
  const late = { name: 'c', role: 'replica', state: 'starting' };
  expect(isWhole([leader, standby, { ...late, state: 'streaming' }], 3)).toBe(true);
  expect(isWhole([leader, standby, late], 3)).toBe(false);
  expect(isWhole([leader, standby], 3)).toBe(false);
  expect(isWhole([standby, { ...late, state: 'streaming' }], 2)).toBe(false);
});
