import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { readManifests } from '../../scripts/k8s/manifests.ts';
import { policyFaults } from './policies.ts';
import { createSchemaCheck } from './schema-check.ts';
import { settingFaults } from './setting-check.ts';

// The golden rendering is plain text: a fault can be put into it as a person would put it into a template.
const golden = (name: string): string => readFileSync(join(repositoryRoot, `tests/k8s/golden/${name}.yaml`), 'utf8');
const schemaFaults = createSchemaCheck();

function plant(name: string, found: string | RegExp, planted: string): readonly Manifest[] {
  const text = golden(name);
  const changed = text.replace(found, planted);
  expect(changed).not.toBe(text);
  return readManifests(changed).filter(({ kind }) => kind !== 'PrometheusRule');
}

describe('the check of schemas', () => {
  it.each([
    [
      'a misspelt field',
      'minimal',
      'readOnlyRootFilesystem',
      'readOnlyRootFileSystem',
      /must NOT have additional properties: readOnlyRootFileSystem/,
    ],
    ['a number as text', 'minimal', 'replicas: 2', "replicas: 'two'", /replicas must be integer/],
    ['a field that is missing', 'minimal', /port: 8001\n/, 'nodePort: 8001\n', /must have required property 'port'/],
    ['a wrong type of a definition', 'keda', 'maxReplicaCount: 24', "maxReplicaCount: '24'", /maxReplicaCount must be integer/],
    [
      'an unknown field of a definition',
      'keda',
      'pollingInterval',
      'pollingIntervall',
      /must NOT have additional properties: pollingIntervall/,
    ],
    ['a bad interval', 'production', 'interval: 15s', 'interval: 15 seconds', /interval must match pattern/],
    ['an unknown field of a route', 'gateway-api', 'hostnames:', 'hosts:', /must NOT have additional properties: hosts/],
    [
      'a store without kind of a secret',
      'external-secrets',
      'secretStoreRef:',
      'storeRef:',
      /must NOT have additional properties: storeRef/,
    ],
    ['an old version', 'minimal', 'policy/v1', 'policy/v1beta1', /policy\/v1beta1\/PodDisruptionBudget has no schema here/],
  ])('sees %s', (_, name, found, planted, message) => {
    expect(plant(name, found, planted).flatMap(schemaFaults).join('\n')).toMatch(message);
  });
});

describe('the policies', () => {
  it.each([
    ['root', 'minimal', 'runAsNonRoot: true', 'runAsNonRoot: false', /may run as root/],
    ['a writable root', 'minimal', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', /may write to its root/],
    ['privileges', 'minimal', 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', /may gain privileges/],
    ['no seccomp profile', 'minimal', 'type: RuntimeDefault', 'type: Unconfined', /has no seccomp profile/],
    [
      'a mounted token',
      'minimal',
      /automountServiceAccountToken: false\n( +)enable/,
      'automountServiceAccountToken: true\n$1enable',
      /mounts a token/,
    ],
    [
      'a budget about nothing',
      'minimal',
      /(kind: PodDisruptionBudget[\s\S]*?matchLabels:\n\s+app.kubernetes.io\/name: )tidegate/,
      '$1tidegates',
      /is about no pods/,
    ],
    ['an autoscaler of nothing', 'production', /(scaleTargetRef:[\s\S]*?name: tidegate-)gateway/, '$1gate', /scales nothing/],
    [
      'a number beside an autoscaler',
      'keda',
      /(name: tidegate-aggregator[\s\S]*?spec:\n)(  revisionHistoryLimit)/,
      '$1  replicas: 3\n$2',
      /has a number of pods beside its autoscaler/,
    ],
    [
      'a service without pods',
      'minimal',
      /(kind: Service\n[\s\S]*?selector:\n\s+app.kubernetes.io\/name: )tidegate/,
      '$1other',
      /selects no pods/,
    ],
    ['a port that pods do not have', 'minimal', 'targetPort: http', 'targetPort: web', /which its pods do not have/],
    ['a port without name', 'minimal', /- name: http\n( +)port: 80\n/, '- port: 80\n', /has a port without name/],
    ['tests behind the metrics', 'minimal', "\n    tidegate/scraped: 'true'\n  ports", '\n  ports', /sends calls to a Job or a test/],
    ['an open service', 'minimal', /policyTypes:\n( +)- Ingress\n/, 'policyTypes:\n', /may be reached by and reach everybody/],
    [
      'a config map that is not there',
      'minimal',
      'configMapRef:\n                name: tidegate-config',
      'configMapRef:\n                name: settings',
      /reads config map settings/,
    ],
    [
      'probes of the public port',
      'minimal',
      /(livenessProbe:\n +httpGet:\n +path: \/livez\n +port: )metrics/,
      '$1http',
      /is not probed at port 9464/,
    ],
    ['no pause before the end', 'minimal', 'seconds: 5', 'seconds: 0', /does not wait before it stops/],
    [
      'an end that is too early',
      'minimal',
      'terminationGracePeriodSeconds: 45',
      'terminationGracePeriodSeconds: 29',
      /is killed before it may have stopped/,
    ],
    ['an image without version', 'minimal', 'tidegate:0.1.0', 'tidegate:latest', /gateway has no version/],
    [
      'a password',
      'minimal',
      /valueFrom:\n +secretKeyRef:\n +name: db-credentials\n +key: url/,
      'value: postgres://u:p@h/d',
      /has DATABASE_URL in the clear/,
    ],
  ])('see %s', (_, name, found, planted, message) => {
    expect(policyFaults(plant(name, found, planted)).join('\n')).toMatch(message);
  });
});

describe('the check of settings', () => {
  it.each([
    [
      'a secret that is missing',
      / +- name: PSEUDONYM_SECRET\n +valueFrom:\n +secretKeyRef:\n +name: tidegate-secrets\n +key: PSEUDONYM_SECRET\n/,
      '',
      /PSEUDONYM_SECRET is not set/,
    ],
    ['a value out of range', "EVENTS_RETENTION_HOURS: '168'", "EVENTS_RETENTION_HOURS: '0'", /EVENTS_RETENTION_HOURS is not valid/],
    ['a setting that nobody knows', 'LOG_LEVEL: info', 'LOG_LEVELS: info', /LOG_LEVELS is no setting/],
  ])('sees %s', (_, found, planted, message) => {
    expect(settingFaults(plant('minimal', found, planted)).join('\n')).toMatch(message);
  });
});
