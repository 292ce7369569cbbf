import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** How long a client may go on with what nobody reads any more. */
const LINGER_MS = 30_000;

/**
 * After an answer that came before the request's end: the rest is read and dropped, because it stands before the next request of
 * the connection; ending the connection instead could take the answer from a client that still sends.
 */
export function dropRest(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(timer)).resume();
  });
}

/**
 * The body, once all of it is there; never settles where the client leaves before. By events: an iterator (`readBytes`) takes
 * turns of its own, and a request behind this one on the connection would reach a service first.
 */
export async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => request.once('end', resolve));
  return Buffer.concat(chunks);
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

export interface BodyOptions {
  /** The answer to the request. */
  readonly response: ServerResponse;
  /** A longer body breaks off with `BodyTooLarge`. */
  readonly bytesMax: number;
}

/**
 * The body of a client's request as the client library may have it. Not the request itself: the library destroys what it
 * cannot send, and with the request the connection would go on which the answer must still go out.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #bytesMax: number;
  #bytes = 0;
  #isReading = false;

  constructor(request: IncomingMessage, { response, bytesMax }: BodyOptions) {
    super();
    this.#request = request;
    this.#response = response;
    this.#bytesMax = bytesMax;
  }

  override _read(): void {
    if (this.#isReading) {
      this.#request.resume();
      return;
    }
    this.#isReading = true;
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    // Once the answer is out the rest of the request is dropped (`dropRest`) and must flow.
    if (this.#isReading && !this.#request.readableEnded && !this.#response.writableFinished) this.#request.pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.destroy(new BodyTooLarge('the body is longer than a request may be'));
    else if (!this.push(chunk)) this.#request.pause();
  };

  readonly #onEnd = (): void => void this.push(null);

  readonly #onError = (error: Error): void => void this.destroy(error);

  readonly #onClose = (): void => {
    if (!this.#request.readableEnded) this.destroy(new Error('the client went away'));
  };
}
