import type { LogClientOptions } from '../log-client.ts';
import type { LogClient } from '../port.ts';

export function createKafkajsClient(_options: LogClientOptions): LogClient {
  throw new Error('not built yet');
}
