import type { Socket } from 'node:net';

/** Lets each end have what the other one sends; where one ends, so does the other. `open` holds both until they are closed. */
export function joinSockets(one: Socket, other: Socket, open: Set<Socket>): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    open.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.on('data', (chunk) => void to.write(chunk));
  }
}
