import type { Tidegate } from '@tidegate/native';
import { ownSeconds, treeSeconds } from './machine.ts';

/** Processor seconds of each service, of the servers started here and of the generator, by themselves. */
export function startParts(tidegate: Tidegate): () => Readonly<Record<string, number>> {
  const servers = { kafka: tidegate.kafka, postgres: tidegate.postgres };
  const read = (): readonly (readonly [string, number])[] => [
    ...tidegate.services.names.map((name) => [name, treeSeconds(tidegate.services.pid(name))] as const),
    ...Object.entries(servers).flatMap(([name, server]) => (server === null ? [] : [[name, treeSeconds(server.pid())] as const])),
    ['generator', ownSeconds()] as const,
  ];
  const before = new Map(read());
  return () => Object.fromEntries(read().map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
}

/** The figures of a result: `cpu_s_per_million_gateway` and so on. */
export function perMillion(seconds: Readonly<Record<string, number>>, events: number): Record<string, number> {
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [`cpu_s_per_million_${name}`, value / (events / 1e6)]));
}
