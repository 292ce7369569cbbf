import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, serverProperties, serviceFlags } from '@tidegate/native';
import { readConfig, type ConfigDefinition } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AGGREGATOR_CONFIG } from '../../services/aggregator/src/config.ts';
import { GATEWAY_CONFIG } from '../../services/gateway/src/config.ts';
import { INGEST_CONFIG } from '../../services/ingest/src/config.ts';
import { queryConfig } from '../../services/query/src/config.ts';

interface Container {
  readonly image: string;
  readonly restart: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, Container>;
};
const containers = Object.entries(compose.services);
const services: Readonly<Record<string, ConfigDefinition>> = {
  gateway: GATEWAY_CONFIG,
  ingest: INGEST_CONFIG,
  aggregator: AGGREGATOR_CONFIG,
  query: queryConfig,
};

describe('docker-compose.yml', () => {
  it('opens no port beyond loopback', () => {
    const ports = containers.flatMap(([, { ports: of = [] }]) => of);
    expect(ports.length).toBeGreaterThan(4);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const taken = ports.map((port) => port.split(':').slice(1, -1).join(':'));
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('checks the health of everything that stays up, and waits only for what can become healthy', () => {
    const staying = containers.filter(([, { restart }]) => restart !== 'no');
    const serving = ['aggregator', 'gateway', 'ingest', 'kafka', 'postgres', 'query', 'redis'];
    expect(staying.map(([name]) => name).toSorted()).toEqual([...serving, 'archive'].toSorted());
    // The archive answers nobody.
    expect(staying.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name)).toEqual(['archive']);
    for (const [, { depends_on: needs = {} }] of containers) {
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(condition).toBe(compose.services[name]?.restart === 'no' ? 'service_completed_successfully' : 'service_healthy');
      }
    }
  });

  it('runs files that exist, and the servers from official images of the versions that are tested', () => {
    for (const [, { entrypoint = [], command = [] }] of containers) {
      const [started, ...words] = [...entrypoint, ...command];
      const program = words.find((word) => !word.startsWith('--'));
      if (started === 'node') expect(existsSync(join(repositoryRoot, program ?? '-'))).toBe(true);
    }
    expect(['kafka', 'postgres', 'redis'].map((name) => compose.services[name]?.image)).toEqual([
      'apache/kafka:4.3.1',
      'postgres:18',
      'redis:8',
    ]);
  });

  it.each(Object.keys(services))('starts %s as the supervisor does', (name) => {
    const { entrypoint = [], command = [] } = compose.services[name] ?? {};
    expect([...entrypoint, ...command]).toEqual(['node', ...serviceFlags(name), `services/${name}/src/main.ts`]);
  });

  it.each(Object.keys(services))('gives %s every setting that it asks for', (name) => {
    const definition = services[name];
    if (definition === undefined) throw new Error(name);
    const env = Object.fromEntries(
      Object.entries(compose.services[name]?.environment ?? {}).map(([key, value]) => [
        key,
        value.replaceAll(/\$\{[A-Z_]+:[-?]([^}]*)\}/g, (_, word: string) => encodeURIComponent(word)),
      ]),
    );
    // The secrets' files are written by `prepare`: 32 bytes in base64.
    expect(readConfig(definition, env, () => Buffer.alloc(32, 7).toString('base64'))).toMatchObject({ ok: true });
  });

  it('gives its broker every setting of the embedded one that is not about places and small machines', () => {
    const ours = new Map(
      serverProperties({ port: 1, controllerPort: 2, logDir: '' })
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    );
    const theirs = Object.entries(compose.services['kafka']?.environment ?? {}).map(
      ([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value] as const,
    );
    const shared = theirs.filter(([name]) => /^(log\.flush|offsets|transaction|share|group|auto)\./.test(name));
    expect(shared.map(([name]) => name)).toEqual(expect.arrayContaining(['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']));
    expect(shared).toEqual(shared.map(([name]) => [name, ours.get(name)]));
  });

  it('has no password that everybody knows: it asks for one', () => {
    const text = readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8');
    const uses = text.match(/\$\{POSTGRES_PASSWORD[^}]*\}/g) ?? [];
    expect(uses).toHaveLength(2);
    for (const use of uses) expect(use).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });
});
