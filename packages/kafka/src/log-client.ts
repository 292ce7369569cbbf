import type { LogClientOptions } from './client-options.ts';
import type { LogClient } from './port.ts';

export interface LogClientKind {
  /** Which client library does the work: see ADR 2. */
  readonly kind: 'platformatic' | 'kafkajs';
}

/**
 * Connects nothing yet: producers, readers, members and admins made from it do. Only the library that does the work is
 * loaded: each is hundreds of modules, which every start of a service would pay for.
 */
export async function createLogClient({ kind, ...options }: LogClientOptions & LogClientKind): Promise<LogClient> {
  if (kind === 'kafkajs') return (await import('./kafkajs/client.ts')).createKafkajsClient(options);
  return (await import('./platformatic/client.ts')).createPlatformaticClient(options);
}
