import { tidegateTopics } from '@tidegate/kafka';
import { page, table } from './markdown.ts';

const MEANING: Readonly<Record<string, readonly [key: string, value: string]>> = {
  'tidegate.events.v1': [
    'topic key (16 bytes): keyed hash of tenant and subject, else entity, else source and id',
    'accepted events, CloudEvents 1.0 structured JSON',
  ],
  'tidegate.backfill.v1': [
    'the same key as in events.v1',
    'accepted events that may wait: asked for, older than a day, or above their tenant’s share',
  ],
  'tidegate.rejected.v1': ['tenant', 'refused originals, sealed, and announcements of rejected rows'],
  'tidegate.rollups.v1': ['partition (u16 little-endian)', 'changed cells of one commit, binary codec version 3'],
  'tidegate.progress.v1': ['`live/<partition>`, `backfill/<partition>`', 'how far the partition is counted, JSON'],
  'tidegate.control.v1': ['`kind/tenant/name`', 'tenants, keys, packs, limits, partition count: `{"version", "value"}`, JSON'],
  'tidegate.audit.v1': [
    'tenant, `-` where nobody was known',
    'accesses to data, JSON ([audit.md](../design/audit.md)); `gateway` and `seq` name a record, which may come twice',
  ],
  'tidegate.decisions.v1': [
    'tenant, `-` for all',
    'what limiters decided, JSON: first refusals one by one, the rest as counts of a second; `gateway` and `seq` name a record, which may come twice',
  ],
};

/** `docs/reference/topics.md`: topics as `ensureTidegateTopics` makes them on one machine and in production. */
export function topicsPage(): string {
  const options = { prefix: 'tidegate.', partitions: 12 };
  const sections = tidegateTopics({ ...options, replicationFactor: 3 }).map((topic) => {
    const [key, value] = MEANING[topic.name] ?? missing(topic.name);
    const configs = Object.entries(topic.configs).map(([name, setting]) => [`\`${name}\``, `\`${setting}\``]);
    return [
      `## ${topic.name}`,
      `Key: ${key}. Value: ${value}. Partitions: ${topic.partitions}.`,
      table(['setting', 'value'], configs),
    ].join('\n\n');
  });
  return page(
    'Topics',
    'Names begin with `TOPIC_PREFIX` (default `tidegate.`). Settings as in production, with replication factor 3; with one broker `min.insync.replicas` is 1. JSON records carry the header `v`, binary ones a version in their first byte.',
    ...sections,
  );
}

function missing(topic: string): never {
  throw new Error(`scripts/reference/topics.ts does not say what ${topic} holds`);
}
