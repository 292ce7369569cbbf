import { connect } from 'node:net';

/**
 * Sends exactly these bytes on one connection and gives back all that comes until it ends or `quietMs` pass without a byte. `more`
 * may write further ones when it likes.
 */
export async function sendRaw(
  port: number,
  bytes: string,
  { quietMs = 300, more }: { quietMs?: number; more?: (write: (text: string) => void) => Promise<void> } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(resolve, quietMs);
    };
    socket.on('connect', () => {
      socket.write(bytes, 'latin1');
      wait();
      more?.((text) => socket.write(text, 'latin1')).catch(reject);
    });
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      wait();
    });
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
  clearTimeout(timer);
  socket.destroy();
  return received;
}

/** Status codes of the responses in a stream of them. */
export function statusesOf(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status >= 200);
}
