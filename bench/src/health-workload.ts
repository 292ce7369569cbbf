import { createSeededRandom } from '@tidegate/testkit';
import type { Workload } from './workload.ts';

const SUBJECTS = 1_000_000;
const TYPES = ['heart_rate', 'steps', 'sleep', 'weight', 'water'] as const;

/** `health.metric.recorded` of now, about subjects drawn evenly from a million, none repeated. */
export function createHealthWorkload(seed: number): Workload {
  const random = createSeededRandom(seed);
  const run = Math.floor(random() * 2 ** 32).toString(16);
  let made = 0;
  return {
    next(count, instantMs) {
      const lines = Array.from({ length: count }, () => {
        made += 1;
        const subject = `user-${Math.floor(random() * SUBJECTS)}`;
        const type = TYPES[Math.floor(random() * TYPES.length)] ?? TYPES[0];
        const data = `{"metric_type":"${type}","value":${(40 + Math.floor(random() * 1_200) / 10).toFixed(1)},"unit":"unit"}`;
        return `{"id":"${run}-${made}","type":"health.metric.recorded","subject":"${subject}","occurred_at":${Math.floor(instantMs)},"data":${data}}\n`;
      });
      return { body: Buffer.from(lines.join('')), distinct: count, copies: 0, invalid: 0 };
    },
  };
}

/** Three metrics of that event, each with series of every subject, in quarter hours and days. */
export const HEALTH_PACK = `
pack: cardinality
title: Three metrics for each of a million subjects
events:
  health.metric.recorded:
    subject: required
    fields:
      metric_type: { type: enum, values: [${TYPES.join(', ')}], why: part of the load }
      value: { type: decimal, scale_max: 6 }
      unit: { type: string, max_length: 32, why: part of the load }
metrics:
  readings:
    events: [health.metric.recorded]
    sets: [[subject]]
    grains: [quarter_hour, day]
    measures: { n: { measure: count }, total: { measure: sum, field: value } }
  extremes:
    events: [health.metric.recorded]
    sets: [[subject]]
    grains: [quarter_hour, day]
    measures: { least: { measure: min, field: value }, most: { measure: max, field: value } }
  means:
    events: [health.metric.recorded]
    sets: [[subject]]
    grains: [quarter_hour, day]
    measures: { mean: { measure: avg, field: value } }
`;
