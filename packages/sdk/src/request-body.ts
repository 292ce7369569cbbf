import type { Sendable } from './wire.ts';

/** Below this a request gains nothing by compression. */
const GZIP_FROM_BYTES = 4096;

export interface RequestBody {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** One event as a line; an event given as JSON text is taken as it is, which must be a single line. */
export function toLine(event: Sendable): string {
  return typeof event === 'string' ? event.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(event);
}

/** Lines as an NDJSON body, compressed where `gzip` asks for it and it pays. */
export async function toRequestBody(lines: readonly string[], gzip: boolean): Promise<RequestBody> {
  const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
  const headers = { 'content-type': 'application/x-ndjson' };
  if (!gzip || bytes.length < GZIP_FROM_BYTES) return { body: bytes, headers };
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return { body: new Uint8Array(await new Response(packed).arrayBuffer()), headers: { ...headers, 'content-encoding': 'gzip' } };
}
