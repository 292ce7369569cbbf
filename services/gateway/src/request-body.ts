import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** How long a client may go on with what nobody reads any more, in all and without a byte. */
const LINGER_MS = 30_000;
const LINGER_IDLE_MS = 5_000;
/** Longest pause of a client within its body. */
export const BODY_IDLE_MS = 30_000;

/**
 * After an answer that came before the request's end: the rest is read and dropped, because it stands before the next request of
 * the connection, and ending the connection at once could take the answer from a client that still sends. Dropped are no more
 * bytes than a whole request may have; then, or after a while, the connection ends.
 */
export function dropRest(request: IncomingMessage, response: ServerResponse, bytesMax: number): void {
  response.once('finish', () => {
    if (request.complete) return;
    let bytes = 0;
    const end = (): void => void request.destroy();
    const timers = [setTimeout(end, LINGER_MS), setTimeout(end, LINGER_IDLE_MS)] as const;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) end();
      else timers[1].refresh();
    });
    request.once('close', () => timers.forEach(clearTimeout)).resume();
  });
}

/**
 * The body, once all of it is there; never settles where the client leaves before. By events: an iterator (`readBytes`) takes
 * turns of its own, and a request behind this one on the connection would reach a service first.
 */
export async function readWhole(request: IncomingMessage, idleMs: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const whole = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => whole.reject(new BodyStalled()), idleMs);
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    timer.refresh();
  });
  request.once('end', whole.resolve).once('close', () => clearTimeout(timer));
  await whole.promise;
  clearTimeout(timer);
  return Buffer.concat(chunks);
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The client sent nothing for so long that its body is given up. */
export class BodyStalled extends Error {
  override readonly name = 'BodyStalled';
}

export interface BodyOptions {
  /** The answer to the request. */
  readonly response: ServerResponse;
  /** A longer body breaks off with `BodyTooLarge`. */
  readonly bytesMax: number;
  /** A longer pause of the client breaks it off with `BodyStalled`; while the service is the one that waits none is counted. */
  readonly idleMs: number;
}

/**
 * The body of a client's request as the client library may have it. Not the request itself: the library destroys what it
 * cannot send, and with the request the connection would go on which the answer must still go out.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #bytesMax: number;
  readonly #idleMs: number;
  #bytes = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, { response, bytesMax, idleMs }: BodyOptions) {
    super();
    this.#request = request;
    this.#response = response;
    this.#bytesMax = bytesMax;
    this.#idleMs = idleMs;
  }

  override _read(): void {
    if (this.#idle !== undefined) {
      this.#idle.refresh();
      this.#request.resume();
      return;
    }
    this.#idle = setTimeout(this.#onIdle, this.#idleMs);
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    // Once the answer is out the rest of the request is dropped (`dropRest`) and must flow.
    if (this.#idle !== undefined && !this.#request.readableEnded && !this.#response.writableFinished) this.#request.pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    this.#idle?.refresh();
    if (this.#bytes > this.#bytesMax) this.destroy(new BodyTooLarge('the body is longer than a request may be'));
    else if (!this.push(chunk)) this.#request.pause();
  };

  readonly #onIdle = (): void => {
    if (!this.#request.isPaused()) this.destroy(new BodyStalled());
  };

  readonly #onEnd = (): void => void this.push(null);

  readonly #onError = (error: Error): void => void this.destroy(error);

  readonly #onClose = (): void => {
    if (!this.#request.readableEnded) this.destroy(new Error('the client went away'));
  };
}
