import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideDeployTools, repositoryRoot, type DeployTools } from '@tidegate/native';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { renderChart } from '../../scripts/k8s/manifests.ts';
import { containersOf, ofKind, podsOf } from './objects.ts';
import { policyFaults } from './policies.ts';
import { RENDERINGS, renderNamed, type RenderingName } from './renderings.ts';
import { createSchemaCheck } from './schema-check.ts';
import { settingFaults } from './setting-check.ts';

const schemaFaults = createSchemaCheck();
/** Objects of platforms whose schemas are in no package. */
const UNCHECKED = ['Route'];

let tools: DeployTools;
beforeAll(async () => {
  tools = await provideDeployTools();
}, 300_000);

/** What a person reads in a review: long files that have tests of their own are left out. */
function goldenText(objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(inShort(object), { lineWidth: 0, singleQuote: true })).join('---\n');
}

function inShort(object: Manifest): object {
  if (object.kind === 'PrometheusRule') return { ...object, spec: '(files/alerts)' };
  return object.kind === 'ConfigMap' && /-dashboard-|-roundtrip$|-backup$/.test(object.metadata.name)
    ? { ...object, data: '(files)' }
    : object;
}

describe.each(RENDERINGS)('the chart with %s-values.yaml', (name: RenderingName) => {
  it('renders what was reviewed, the same each time', async () => {
    const text = goldenText(renderNamed(tools, name));
    expect(goldenText(renderNamed(tools, name))).toBe(text);
    await expect(text).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  it('makes objects that an API server takes', () => {
    const objects = renderNamed(tools, name).filter(({ kind }) => !UNCHECKED.includes(kind));
    expect(objects.flatMap(schemaFaults)).toEqual([]);
  });

  it('keeps every policy, and gives each service the settings that it asks for and no others', () => {
    const objects = renderNamed(tools, name);
    expect(policyFaults(objects)).toEqual([]);
    expect(settingFaults(objects)).toEqual([]);
  });
});

describe('the chart', () => {
  it('has nothing that Helm complains of', () => {
    const args = [
      'lint',
      '--strict',
      join(repositoryRoot, 'k8s/chart'),
      '--values',
      join(repositoryRoot, 'k8s/chart/ci/minimal-values.yaml'),
    ];
    const { status, stdout } = spawnSync(tools.helm, args, { encoding: 'utf8' });
    expect(stdout).not.toMatch(/\[(WARNING|ERROR)\]/);
    expect(status).toBe(0);
  });

  it('renders an upgrade as an install: nothing is drawn by lot', () => {
    const of = (args: readonly string[]) =>
      renderChart(tools.helm, { release: 'tidegate', values: ['k8s/chart/ci/minimal-values.yaml'], args });
    expect(of(['--is-upgrade'])).toEqual(of([]));
  });

  it('has the figures of a large installation in values-production.yaml', () => {
    const objects = renderNamed(tools, 'production');
    const scalers = ofKind<{ minReplicas: number; maxReplicas: number; metrics: readonly unknown[] }>(objects, 'HorizontalPodAutoscaler');
    expect(scalers.map(({ metadata }) => metadata.name)).toEqual(['tidegate-gateway', 'tidegate-ingest', 'tidegate-query']);
    const resource = (name: string, averageUtilization: number) => ({
      type: 'Resource',
      resource: { name, target: { type: 'Utilization', averageUtilization } },
    });
    for (const { spec } of scalers)
      expect(spec).toMatchObject({ minReplicas: 10, maxReplicas: 50, metrics: [resource('cpu', 70), resource('memory', 80)] });
    const gateway = ofKind<{ strategy: unknown }>(objects, 'Deployment').find(({ metadata }) => metadata.name === 'tidegate-gateway');
    expect(gateway?.spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } });
    const [container] = podsOf(objects).find(({ owner }) => owner === gateway)?.spec.containers ?? [];
    expect(container).toMatchObject({
      ports: [
        { name: 'http', containerPort: 8_000 },
        { name: 'redirect', containerPort: 8_080 },
        { name: 'metrics', containerPort: 9_464 },
      ],
      resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2000m', memory: '2Gi' } },
      livenessProbe: { initialDelaySeconds: 30, periodSeconds: 10 },
      readinessProbe: { initialDelaySeconds: 10, periodSeconds: 5 },
    });
    const service = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === 'tidegate-gateway');
    expect(service?.spec).toMatchObject({
      type: 'LoadBalancer',
      ports: [
        { port: 80, targetPort: 'redirect' },
        { port: 443, targetPort: 'http' },
      ],
    });
  });

  it('reads the database from secret db-credentials and Redis from config map redis-config, as a production that does not debug', () => {
    const objects = renderNamed(tools, 'minimal');
    const gateway = podsOf(objects).find(({ owner }) => owner.metadata.name === 'tidegate-gateway');
    const env = gateway === undefined ? [] : containersOf(gateway).flatMap((container) => container.env ?? []);
    expect(env).toEqual(
      expect.arrayContaining([
        { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'url' } } },
        { name: 'REDIS_URL', valueFrom: { configMapKeyRef: { name: 'redis-config', key: 'url' } } },
      ]),
    );
    const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'tidegate-config');
    expect(config).toMatchObject({ data: { DEBUG: 'False', ENVIRONMENT: 'production' } });
  });

  it('keeps the heap to 60 % of the memory asked for, and the dedup window outside of it', () => {
    const heaps = podsOf(renderNamed(tools, 'production')).flatMap(({ owner, spec }) =>
      spec.containers.flatMap(({ env = [] }) =>
        env.filter(({ name }) => name === 'NODE_OPTIONS').map(({ value }) => [owner.metadata.name, value]),
      ),
    );
    // 512 × 0.6 = 307; (1536 − 512) × 0.6 = 614.
    expect(heaps).toEqual([
      ['tidegate-gateway', '--max-old-space-size=307'],
      ['tidegate-ingest', '--max-old-space-size=307'],
      ['tidegate-aggregator', '--max-old-space-size=614'],
      ['tidegate-query', '--max-old-space-size=307'],
    ]);
  });

  it('runs migrations before an install and an upgrade out of what is there before it', () => {
    const job = renderNamed(tools, 'minimal').find(({ kind }) => kind === 'Job');
    expect(job?.metadata.annotations).toEqual({
      'helm.sh/hook': 'pre-install,pre-upgrade',
      'helm.sh/hook-weight': '-5',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
    const [pod] = podsOf(job === undefined ? [] : [job]);
    expect(pod?.spec.serviceAccountName).toBe('default');
    expect(pod === undefined ? [] : containersOf(pod).map(({ args, envFrom }) => [args.slice(1, 3), envFrom])).toEqual([
      [['db', 'migrate'], undefined],
      [['topics', 'ensure'], undefined],
    ]);
    expect(renderNamed(tools, 'no-hooks').filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined)).toEqual([]);
  });

  it('archives by the clock, one run at a time, with what that needs and nothing else', () => {
    const cron = ofKind<object>(renderNamed(tools, 'production'), 'CronJob').find(({ metadata }) => metadata.name.endsWith('-archive'));
    expect(cron?.spec).toMatchObject({ schedule: '23 2 * * *', concurrencyPolicy: 'Forbid' });
    const containers = podsOf(cron === undefined ? [] : [cron]).flatMap(containersOf);
    expect(containers.map(({ args }) => args.slice(1))).toEqual([['archive', 'run', '--after-days', '8']]);
    expect(containers.flatMap(({ env }) => env ?? []).map(({ name }) => name.replace(/^ARCHIVE_S3_/, 's3 '))).toEqual(
      expect.arrayContaining([
        'DATABASE_URL',
        'FIELD_KEYS',
        's3 ENDPOINT',
        's3 BUCKET',
        's3 REGION',
        's3 ACCESS_KEY_ID',
        's3 SECRET_ACCESS_KEY',
      ]),
    );
    const withheld = ['SECRET_KEY', 'PSEUDONYM_SECRET', 'KAFKA_SASL_PASSWORD'];
    expect(containers.flatMap(({ env }) => env ?? []).filter(({ name }) => withheld.includes(name))).toEqual([]);
    expect(ofKind(renderNamed(tools, 'minimal'), 'CronJob')).toEqual([]);
  });

  it('gives query the stores that it reads and writes, a way to their ports, and the schedules as the setting takes them', () => {
    const objects = renderNamed(tools, 'production');
    const query = podsOf(objects).find(({ owner }) => owner.metadata.name === 'tidegate-query');
    const env = query === undefined ? [] : containersOf(query).flatMap((container) => container.env ?? []);
    const valueOf = (wanted: string) => env.find(({ name }) => name === wanted)?.value;
    expect([valueOf('ARCHIVE_S3_BUCKET'), valueOf('WAREHOUSE_S3_BUCKET')]).toEqual(['tidegate-raw', 'tidegate-warehouse']);
    const nightly = { name: 'nightly', tenant: 'acme', every: '1d', at: '03:17', last: '1d', events: 'all', rollups: 'all' };
    expect(JSON.parse(valueOf('WAREHOUSE_SCHEDULES') ?? '')).toEqual([nightly]);
    const secret = { secretKeyRef: { name: 'tidegate-warehouse', key: 'secret-access-key' } };
    expect(env).toEqual(expect.arrayContaining([{ name: 'WAREHOUSE_S3_SECRET_ACCESS_KEY', valueFrom: secret }]));
    const policies = ofKind<{ egress: readonly { ports: readonly { port: unknown }[] }[] }>(objects, 'NetworkPolicy');
    const egress = policies.find(({ metadata }) => metadata.name === 'tidegate-query')?.spec.egress ?? [];
    const ports = egress.flatMap(({ ports: of }) => of.map(({ port }) => port));
    // Of https without a port, and of the one that the URL names.
    expect(ports).toEqual(expect.arrayContaining([443, 9443]));
    expect(JSON.stringify(renderNamed(tools, 'minimal'))).not.toMatch(/WAREHOUSE_|ARCHIVE_S3/);
  });

  it('backs Postgres up by the clock, past a pooler, with the script that drills restore from and no secret of the services', () => {
    const objects = renderNamed(tools, 'production');
    const cron = ofKind<object>(objects, 'CronJob').find(({ metadata }) => metadata.name.endsWith('-backup'));
    expect(cron?.spec).toMatchObject({ schedule: '7 1 * * *', concurrencyPolicy: 'Forbid' });
    const [pod] = podsOf(cron === undefined ? [] : [cron]);
    const [container] = pod === undefined ? [] : containersOf(pod);
    expect(container?.env?.map(({ name }) => name)).toEqual(['DATABASE_URL', 'BACKUP_DIR', 'BACKUP_KEY_FILE', 'BACKUP_KEEP']);
    expect(container?.env?.[0]).toMatchObject({ valueFrom: { secretKeyRef: { key: 'direct-url' } } });
    const scripts = ofKind<object>(objects, 'ConfigMap').find(({ metadata }) => metadata.name.endsWith('-backup'));
    for (const script of ['backup.sh', 'restore.sh']) {
      const text = readFileSync(join(repositoryRoot, 'k8s/chart/files/backup', script), 'utf8');
      expect(scripts).toHaveProperty(['data', script], text);
    }
  });

  it('brings dumps on into an object store where there is one: behind the dump, as nobody who knows the passphrase or the database', () => {
    const set = ['enabled=true', 'image=tools:18', 'existingSecret=passphrase', 's3.endpoint=https://objects.example', 's3.bucket=dumps'];
    const all = ['kafka.brokers=kafka:9092', ...[...set, 's3.existingSecret=dumps-keys'].map((pair) => `backup.${pair}`)];
    const objects = renderChart(tools.helm, { release: 'tidegate', values: [], set: all });
    const [cron] = ofKind<object>(objects, 'CronJob');
    expect(cron === undefined ? [] : schemaFaults(cron)).toEqual([]);
    expect(policyFaults(objects)).toEqual([]);
    const [pod] = podsOf(cron === undefined ? [] : [cron]);
    interface Spec {
      readonly initContainers: readonly { readonly name: string; readonly env: readonly { readonly name: string }[] }[];
      readonly containers: readonly { readonly args: readonly string[]; readonly env: readonly { readonly name: string }[] }[];
      readonly volumes: readonly { readonly name: string; readonly emptyDir?: object }[];
      readonly securityContext: object;
    }
    const spec = pod?.spec as unknown as Spec;
    expect(spec.initContainers.map(({ name, env }) => [name, env.at(-1)])).toEqual([['backup', { name: 'BACKUP_UMASK', value: '027' }]]);
    expect(spec.containers.map(({ args }) => args.slice(1))).toEqual([['backup', 'push', '/backups', '--keep', '14']]);
    const known = spec.containers.flatMap(({ env }) => env.map(({ name }) => name));
    const s3 = ['ENDPOINT', 'BUCKET', 'REGION', 'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'];
    expect(known).toEqual(s3.map((name) => `BACKUP_S3_${name}`));
    expect(spec.volumes).toEqual(expect.arrayContaining([{ name: 'backups', emptyDir: { sizeLimit: '20Gi' } }]));
    expect(spec.securityContext).toMatchObject({ fsGroup: 10_001 });
  });

  it('has what may stand before the pods, each off unless it is asked for: live connections by client, a network, a mesh', () => {
    const plain = renderNamed(tools, 'minimal');
    const full = renderNamed(tools, 'gateway-api');
    interface Routes {
      readonly rules: readonly { readonly http: { readonly paths: readonly { readonly path: string }[] } }[];
    }
    const paths = (objects: readonly Manifest[]) =>
      ofKind<Routes>(objects, 'Ingress').map(({ metadata, spec: { rules } }) => {
        return [metadata.name, rules[0]?.http.paths[0]?.path, metadata.annotations?.['nginx.ingress.kubernetes.io/upstream-hash-by']];
      });
    expect(paths(plain)).toEqual([]);
    expect(paths(full)).toEqual([
      ['tidegate-gateway', '/', undefined],
      ['tidegate-gateway-live', '/v1/live', '$remote_addr'],
    ]);
    const proxies = (objects: readonly Manifest[]) =>
      podsOf(objects).flatMap(({ owner, spec }) =>
        spec.containers.flatMap(({ env = [] }) =>
          env.flatMap(({ name, value }) => (name === 'TRUSTED_PROXIES' ? [[owner.metadata.name, value]] : [])),
        ),
      );
    expect([proxies(plain), proxies(full)]).toEqual([[], [['tidegate-gateway', '198.51.100.0/24,203.0.113.7']]]);
    const inMesh = (objects: readonly Manifest[]) => JSON.stringify(objects).split('"sidecar.istio.io/inject":"true"').length - 1;
    expect([inMesh(plain), inMesh(full)]).toEqual([0, 4]);
    expect(() =>
      renderChart(tools.helm, { release: 'tidegate', values: ['k8s/chart/ci/minimal-values.yaml'], set: ['cdn.enabled=true'] }),
    ).toThrow('cdn.ranges is not set');
  });

  it('has the gateway believe a network before the balancer beside the proxies that its settings name', () => {
    const set = ['cdn.enabled=true', 'cdn.ranges={192.0.2.0/24,198.51.100.0/24}', 'gateway.settings.TRUSTED_PROXIES=10.0.0.1'];
    const objects = renderChart(tools.helm, { release: 'tidegate', values: ['k8s/chart/ci/minimal-values.yaml'], set });
    const env = podsOf(objects).flatMap((pod) => containersOf(pod).flatMap((container) => container.env ?? []));
    const believed = env.filter(({ name }) => name === 'TRUSTED_PROXIES').map(({ value }) => value);
    expect(believed).toEqual(['192.0.2.0/24,198.51.100.0/24,10.0.0.1']);
  });

  it('writes large numbers as digits', () => {
    const objects = renderNamed(tools, 'subchart');
    const env = podsOf(objects).flatMap((pod) => containersOf(pod).flatMap((container) => container.env ?? []));
    expect(env.find(({ name }) => name === 'API_BODY_BYTES_MAX')?.value).toBe('1048576');
    expect(objects.find(({ metadata }) => metadata.name === 'events-config')).toMatchObject({
      data: { LIMIT_GLOBAL_PER_MINUTE: '2000000' },
    });
  });
});
