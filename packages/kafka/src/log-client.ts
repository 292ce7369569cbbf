import type { LogClientOptions } from './client-options.ts';
import { createKafkajsClient } from './kafkajs/client.ts';
import { createPlatformaticClient } from './platformatic/client.ts';
import type { LogClient } from './port.ts';

export interface LogClientKind {
  /** Which client library does the work: see ADR 2. */
  readonly kind: 'platformatic' | 'kafkajs';
}

/** Connects nothing yet: producers, readers, members and admins made from it do. */
export function createLogClient({ kind, ...options }: LogClientOptions & LogClientKind): LogClient {
  return kind === 'kafkajs' ? createKafkajsClient(options) : createPlatformaticClient(options);
}
