import type { LogClientOptions } from '../log-client.ts';
import type { LogClient } from '../port.ts';

export function createPlatformaticClient(_options: LogClientOptions): LogClient {
  throw new Error('not built yet');
}
