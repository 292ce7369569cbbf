import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

type Head = Readonly<Record<'status', number>> & { readonly headers: OutgoingHttpHeaders };

export interface HeldAnswerOptions {
  /** Looks at the head of the answer, and may take headers away. A promise holds it until it resolves; null lets it go. */
  readonly judge: (head: Head) => Promise<boolean> | null;
  /** Answers in place of the one that may not leave. */
  readonly refuse: () => void;
}

/**
 * Lets an answer leave only once it may, whoever writes it: head and body are kept back, and the writer is told to wait as if
 * the client read slowly. An answer that is let go, or never held, costs one call.
 */
export function holdAnswer(response: ServerResponse, { judge, refuse }: HeldAnswerOptions): void {
  const real = { writeHead: response.writeHead, write: response.write, end: response.end, flushHeaders: response.flushHeaders };
  let head: Head | null = null;
  let chunks: unknown[] = [];
  let [isEnded, isFlushed] = [false, false];

  function release(mayLeave: boolean): void {
    Object.assign(response, real);
    if (response.closed || head === null) return;
    if (!mayLeave) {
      refuse();
      // Whoever wrote the answer goes on writing it, or waits to.
      Object.assign(response, { writeHead: () => response, write: () => true, end: () => response, flushHeaders: () => undefined });
      response.emit('drain');
      return;
    }
    response.writeHead(head.status, head.headers);
    if (isFlushed) response.flushHeaders();
    for (const chunk of chunks) response.write(chunk);
    if (isEnded) response.end();
    else response.emit('drain');
  }

  function writeHead(status: number, headers: OutgoingHttpHeaders = {}): ServerResponse {
    const next = { status, headers: { ...headers } };
    if (head !== null) {
      // The service broke off before a byte of it was out: what is said instead takes its place.
      head = next;
      chunks = [];
      return response;
    }
    const may = judge(next);
    if (may === null) {
      Object.assign(response, real);
      return response.writeHead(status, next.headers);
    }
    head = next;
    void may.then(release);
    return response;
  }

  Object.assign(response, {
    writeHead,
    write(chunk: unknown) {
      chunks.push(chunk);
      return false;
    },
    end(chunk?: unknown, encoding?: BufferEncoding) {
      if (chunk !== undefined && chunk !== null) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      isEnded = true;
      return response;
    },
    flushHeaders: () => void (isFlushed = true),
  });
}
