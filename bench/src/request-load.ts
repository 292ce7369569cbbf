import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  /** The whole request, as it is written. */
  readonly request: string;
  readonly connections: number;
  readonly forMs: number;
  /** Requests a second, due at fixed instants; 0: as many as are answered, each connection's next one when it has its answer. */
  readonly rate: number;
  /** Length of every answer's body: another one, or another status than 200, ends the bench. */
  readonly answerBytes: number;
}

export interface LoadResult {
  readonly answers: number;
  /** From the first instant until the last answer. */
  readonly seconds: number;
  /** Of each request from the instant at which it was due, ascending. */
  readonly latenciesMs: readonly number[];
}

const ANSWERED_WITHIN_MS = 30_000;

/**
 * Sends one request again and again over connections that stay open. With a rate it is an open loop: a request that is due while
 * every connection waits for its answer is sent later and counts from when it was due, so a pause of the server is in the figure
 * of every request that would have come within it.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const done = Promise.withResolvers<void>();
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  const schedule = createSchedule(load, startMs);
  const idle: Connection[] = [];
  let open = 0;

  function next(connection: Connection): void {
    const dueMs = schedule.take();
    if (dueMs === null) {
      idle.push(connection);
      if (open === 0 && schedule.isOver()) done.resolve();
      return;
    }
    open += 1;
    connection.send(dueMs);
  }

  function onAnswer(connection: Connection, dueMs: number): void {
    open -= 1;
    latenciesMs.push(performance.now() - dueMs);
    next(connection);
  }

  const connections = Array.from({ length: load.connections }, () => openConnection(load, { onAnswer, onFailure: done.reject }));
  for (const connection of connections) next(connection);
  const ticks = setInterval(() => {
    for (const connection of idle.splice(0)) next(connection);
  }, 1);
  const deadline = setTimeout(() => done.reject(new Error('not every request was answered')), load.forMs + ANSWERED_WITHIN_MS);
  try {
    await done.promise;
  } finally {
    clearInterval(ticks);
    clearTimeout(deadline);
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - startMs) / 1_000;
  return { answers: latenciesMs.length, seconds, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

interface Schedule {
  /** When the next request was due; null: none is yet, or any more. */
  take(): number | null;
  isOver(): boolean;
}

function createSchedule({ rate, forMs }: Load, startMs: number): Schedule {
  const total = rate === 0 ? Number.POSITIVE_INFINITY : Math.floor((rate * forMs) / 1_000);
  let taken = 0;
  return {
    take() {
      const nowMs = performance.now();
      if (rate === 0) return nowMs < startMs + forMs ? nowMs : null;
      const dueMs = startMs + (taken * 1_000) / rate;
      if (taken >= total || dueMs > nowMs) return null;
      taken += 1;
      return dueMs;
    },
    isOver: () => taken >= total || performance.now() >= startMs + forMs,
  };
}

interface Connection {
  send(dueMs: number): void;
  close(): void;
}

interface Watcher {
  readonly onAnswer: (connection: Connection, dueMs: number) => void;
  readonly onFailure: (error: Error) => void;
}

/** One request at a time, in bytes made once: the generator shares the cores with what it measures. */
function openConnection(load: Load, { onAnswer, onFailure }: Watcher): Connection {
  const socket: Socket = connect({ host: '127.0.0.1', port: load.port, noDelay: true });
  const request = Buffer.from(load.request, 'latin1');
  let received = '';
  let sentDueMs = 0;
  const connection: Connection = {
    send(dueMs) {
      sentDueMs = dueMs;
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const answer = readAnswer(received);
    if (answer === null) return;
    if (answer.status !== 200 || answer.bodyBytes !== load.answerBytes) return onFailure(new Error(`answered ${received.slice(0, 600)}`));
    received = '';
    onAnswer(connection, sentDueMs);
  });
  socket.on('error', onFailure);
  socket.on('end', () => onFailure(new Error('a connection was closed')));
  return connection;
}

/** An answer that has come whole; null: there is more to come. One that does not tell its length has none that is expected. */
function readAnswer(text: string): { readonly status: number; readonly bodyBytes: number } | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? -1);
  const bodyBytes = text.length - headEnd - 4;
  return bodyBytes < length ? null : { status: Number(text.slice(9, 12)), bodyBytes: length < 0 ? -1 : bodyBytes };
}
