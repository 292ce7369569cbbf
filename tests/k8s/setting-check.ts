import { createHash } from 'node:crypto';
import { readConfig, type ConfigDefinition } from '@tidegate/runtime';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { AGGREGATOR_CONFIG } from '../../services/aggregator/src/config.ts';
import { GATEWAY_CONFIG } from '../../services/gateway/src/config.ts';
import { INGEST_CONFIG } from '../../services/ingest/src/config.ts';
import { queryConfig } from '../../services/query/src/config.ts';
import { podsOf, type Container } from './objects.ts';

const SERVICES: Readonly<Record<string, ConfigDefinition>> = {
  gateway: GATEWAY_CONFIG,
  ingest: INGEST_CONFIG,
  aggregator: AGGREGATOR_CONFIG,
  query: queryConfig,
};
/** Of Node and of old manifests, not of a service. */
const OTHERS = ['NODE_OPTIONS', 'DEBUG', 'ENVIRONMENT'];

interface ConfigMap extends Manifest {
  readonly data: Readonly<Record<string, string>>;
}

/** What each service says to the environment that its pod would have, and variables that no service knows. */
export function settingFaults(objects: readonly Manifest[]): readonly string[] {
  const known = new Set([...Object.values(SERVICES).flatMap(({ fields }) => Object.values(fields).map(({ env }) => env)), ...OTHERS]);
  return podsOf(objects).flatMap(({ owner, spec }) => {
    if (owner.kind !== 'Deployment') return [];
    return spec.containers.flatMap((container) => {
      const definition = SERVICES[container.name];
      if (definition === undefined) return [`${container.name} is no service`];
      const env = environmentOf(container, objects);
      const unknown = Object.keys(env).filter((name) => !known.has(name));
      const reading = readConfig(definition, env);
      const faults = reading.ok ? [] : reading.faults.map((fault) => `${fault.env} ${fault.problem}`);
      return [...faults, ...unknown.map((name) => `${name} is no setting`)].map((fault) => `${container.name}: ${fault}`);
    });
  });
}

function environmentOf({ env = [], envFrom = [] }: Container, objects: readonly Manifest[]): Readonly<Record<string, string>> {
  const shared = envFrom.flatMap(({ configMapRef }) => {
    const map = objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === configMapRef.name);
    return Object.entries((map as ConfigMap | undefined)?.data ?? {});
  });
  const own = env.map((entry) => [entry.name, entry.value ?? standIn(entry.name)] as const);
  return Object.fromEntries([...shared, ...own]);
}

/** A value of the right form for what lies in a secret. */
function standIn(name: string): string {
  if (name.startsWith('DATABASE')) return 'postgres://tidegate@postgres:5432/tidegate';
  return name === 'REDIS_URL' ? 'redis://redis:6379' : createHash('sha256').update(name).digest('base64');
}
