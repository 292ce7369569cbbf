import type { Writable } from 'node:stream';

/**
 * What is written to the stream in one turn of the event loop leaves in one write: a write costs more than a small command, and
 * each one may wake the other side for less than it needs. Answers the stream itself.
 */
export function gatherWrites<Stream extends Writable>(stream: Stream): Stream {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const leave = (): void => {
    isGathering = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      process.nextTick(leave);
    }
    return write(...args);
  };
  return stream;
}
