/** A watcher over Server-Sent Events. */
import type { Exchange } from '@tidegate/http';
import type { LiveChannel } from './live-channel.ts';

const RETRY_MS = 2_000;

/** `told`: headers for the gateway. */
export function eventChannel(
  { response, context }: Pick<Exchange, 'response' | 'context'>,
  told: Readonly<Record<string, string>> = {},
): LiveChannel {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // What stands between must not gather what is meant for now.
    'x-accel-buffering': 'no',
    'x-request-id': context.requestId,
    ...told,
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  return {
    get isFull() {
      return response.writableNeedDrain;
    },
    onTaken: (callback) => void response.on('drain', callback),
    tell: ({ kind, id, json }) => response.write(`id: ${id}\nevent: ${kind}\ndata: ${json}\n\n`),
    ping: () => response.write('event: ping\ndata: {}\n\n'),
    end(reason) {
      if (response.writable) response.end(`event: error\ndata: ${JSON.stringify({ reason })}\n\n`);
    },
  };
}
