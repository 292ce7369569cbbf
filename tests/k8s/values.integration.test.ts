import { provideDeployTools, type DeployTools } from '@tidegate/native';
import { beforeAll, expect, it } from 'vitest';
import { renderChart } from '../../scripts/k8s/manifests.ts';

let tools: DeployTools;
beforeAll(async () => {
  tools = await provideDeployTools();
}, 300_000);

const render = (set: readonly string[], values: readonly string[] = []) =>
  renderChart(tools.helm, { release: 'tidegate', values, set: ['kafka.brokers=kafka:9092', ...set] });

const SCHEDULE = ['name=nightly', 'tenant=acme', 'every=1d', 'at=03:17', 'last=1d'].map((pair) => `warehouse.schedules[0].${pair}`);

it.each([
  ['defaults of an earlier chart', ['valuesOf=0.0.9'], /defaults of chart 0\.0\.9, .*upgrade with --reset-then-reuse-values/],
  [
    'defaults that lack what is new',
    ['valuesOf=null', 'service.redirect=null'],
    /defaults of an earlier chart, .*--reset-then-reuse-values/,
  ],
  ['no brokers', ['kafka.brokers='], /kafka\.brokers is not set/],
  ['brokers without port', ['kafka.brokers=kafka'], /\/kafka\/brokers/],
  ['a name that is misspelt', ['gateway.replica=3'], /additional properties 'replica' not allowed/],
  ['a database of the chart', ['postgresql.enabled=true'], /this chart brings no database: put the URL of yours into a secret/],
  ['one number for all', ['replicaCount=3'], /replicaCount is no value of this chart: each service has its own/],
  ['no secret of the database', ['database.existingSecret='], /kubectl create secret generic db-credentials --namespace tidegate/],
  ['no secret of secrets', ['secrets.existingSecret='], /kubectl create secret generic tidegate-secrets .*--from-literal=FIELD_KEYS=/],
  ['a password in a value', ['redis.url=redis://:word@redis:6379'], /redis\.url holds a password/],
  ['no Redis', ['redis.existingConfigMap='], /redis is not set/],
  ['a pooler and nothing beside it', ['database.pooler.enabled=true'], /needs database\.directUrlKey/],
  ['a mechanism without user', ['kafka.sasl.mechanism=PLAIN'], /kafka\.sasl\.mechanism needs/],
  ['logs for no collector', ['telemetry.logs=otlp'], /need telemetry\.otlpEndpoint/],
  [
    'secrets that a hook would wait for',
    ['externalSecrets.enabled=true', 'externalSecrets.store.name=vault'],
    /use initContainer or external/,
  ],
  ['an archive that lies nowhere', ['archive.enabled=true', 'archive.s3.bucket=raw'], /archive\.enabled needs archive\.s3\.endpoint/],
  ['exports that lie nowhere', ['warehouse.enabled=true', 'warehouse.s3.bucket=w'], /warehouse\.enabled needs warehouse\.s3\.endpoint/],
  ['exports by the clock without a store', SCHEDULE, /warehouse\.schedules needs warehouse\.enabled/],
  ['a schedule that is due at no time', [...SCHEDULE, 'warehouse.schedules[0].at=25:00'], /\/warehouse\/schedules\/0\/at/],
  [
    'a backup that lies nowhere',
    ['backup.enabled=true', 'backup.image=tools:18'],
    /backup\.enabled needs backup\.image, backup\.existingClaim/,
  ],
  [
    'a backup into no bucket',
    ['backup.enabled=true', 'backup.image=tools:18', 'backup.existingSecret=key', 'backup.s3.endpoint=https://objects.example'],
    /backup\.s3\.endpoint needs backup\.s3\.bucket/,
  ],
  ['a schedule that is none', ['archive.schedule=daily'], /\/archive\/schedule/],
  ['a redirect to nowhere', ['service.redirect.enabled=true'], /service\.redirect\.enabled needs service\.httpsPort/],
  [
    'a redirect to itself',
    ['service.redirect.enabled=true', 'service.port=443', 'service.httpsPort=443'],
    /needs service\.httpsPort, another port/,
  ],
  ['a redirect to a host that is none', ['service.redirect.hosts={https://events.example.org}'], /\/service\/redirect\/hosts\/0/],
  ['an ingress for no host', ['ingress.enabled=true'], /ingress\.enabled needs ingress\.hosts/],
  ['a route of no gateway', ['gatewayApi.enabled=true'], /needs gatewayApi\.parentRefs/],
  ['a tag in place of a digest', ['image.digest=latest'], /\/image\/digest/],
  ['a mode that does not exist', ['migrations.mode=job'], /\/migrations\/mode/],
  ['neither surge nor absence', ['rollingUpdate.maxSurge=0', 'rollingUpdate.maxUnavailable=0'], /\/rollingUpdate/],
  ['a memory that is not in Mi or Gi', ['gateway.resources.requests.memory=500M'], /\/gateway\/resources\/requests\/memory/],
])('the chart refuses %s and says what to do', (_, set, message) => {
  expect(() => render(set)).toThrow(message);
});

const KEDA = ['aggregator.keda.enabled=true', 'aggregator.keda.prometheusUrl=http://prometheus:9090'];

it.each([
  // 2 × (5 + 1) + 2 × (2 + 3) + 2 × 8 + 60 × (8 + 2) = 638.
  ['more connections than Postgres has', ['query.replicas=60'], /up to 638 connections to Postgres, which has 480/],
  // 10 + 2 × 2 + 16 + 130 × 8 = 1070; 1000 / 130 = 7.
  [
    'more connections than a pooler takes',
    ['query.replicas=130', 'database.pooler.enabled=true', 'database.directUrlKey=direct-url'],
    /up to 1070 connections to a pooler that takes 1000 .* query\.databaseConnections of 7 at most/,
  ],
  // 161 × 3 + 2 + 2 × 2 = 489; 161 × 2 = 322 of the pooler's.
  [
    'more sessions past the pooler than Postgres has room for',
    ['ingest.replicas=161', 'database.pooler.enabled=true', 'database.directUrlKey=direct-url'],
    /up to 489 connections past the pooler to Postgres, which has 480/,
  ],
  ['more aggregators than partitions', ['aggregator.replicas=13'], /13 aggregators for 12 partitions/],
  ['lag scaling beyond the partitions', [...KEDA, 'aggregator.keda.maxReplicas=13'], /13 aggregators for 12 partitions/],
  ['two autoscalers of the aggregator', [...KEDA, 'aggregator.autoscaling.enabled=true'], /two autoscalers of one workload/],
  [
    'a least above the most',
    ['gateway.autoscaling.enabled=true', 'gateway.autoscaling.minReplicas=7'],
    /minReplicas 7 is above maxReplicas 6/,
  ],
  ['a budget that lets all pods go', ['gateway.podDisruptionBudget.maxUnavailable=2'], /is 2 of 2 pods: a drain could take them all/],
  ['less time than stopping takes', ['preStopSeconds=30'], /terminationGracePeriodSeconds is 45: .* needs 55/],
  ['a window beyond the heap', ['aggregator.dedupMemoryMb=400'], /leaves a heap of 67 MiB: it needs 96/],
  ['a dedup window shorter than the log', ['kafka.eventsRetentionHours=336'], /must be kafka\.eventsRetentionHours \+ 6 \+ 12 = 354/],
])('the chart refuses %s', (_, set, message) => {
  expect(() => render(set)).toThrow(message);
});

it('takes what just fits', () => {
  // Past a pooler 3 × 2 + 2 + 2 × 44, else 5 × 2 + 2 × 2 + 8 × 2 + 8 × 44: 478 of 480.
  expect(render(['query.replicas=44']).length).toBeGreaterThan(10);
  expect(render([], ['k8s/chart/values-production.yaml']).length).toBeGreaterThan(10);
});
