import type { MetricSpec } from '@tidegate/telemetry';
import { METRICS } from '@tidegate/telemetry';
import { page, table } from './markdown.ts';

/** `docs/reference/metrics.md`: every metric that a service may expose. */
export function metricsPage(): string {
  const specs: [string, MetricSpec][] = Object.entries(METRICS);
  const rows = specs.map(([name, spec]) => [
    `\`${name}\``,
    spec.kind,
    spec.labels.map((label) => `\`${label}\``).join(', '),
    spec.buckets === undefined ? spec.help : `${spec.help} Buckets: ${spec.buckets.join(', ')}.`,
  ]);
  return page(
    'Metrics',
    'Served at `/metrics` of each service, on `METRICS_PORT` (9464 unless set otherwise), in the Prometheus text format. Every series carries the label `service`; a service exposes the ones it uses. Labels are bounded: they hold words of this program, never values of callers. Metrics of the process (`process_*`, `nodejs_*`) are those of prom-client.',
    table(['name', 'kind', 'labels', 'meaning'], rows),
  );
}
