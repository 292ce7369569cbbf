/** Answers that go on: many of them over one WebSocket, which is opened again where it was lost. */
import { growingPause } from './transport.ts';

export interface LiveOptions {
  /** Base address of the gateway, such as `http://127.0.0.1:8000`. */
  readonly gateway: string;
  /** A key or token with the scope `live:read`; of a page, one that ends soon or may only watch. */
  readonly apiKey: string;
  /** For runtimes that have none of their own. */
  readonly WebSocket?: typeof WebSocket;
  readonly random?: () => number;
  /** The connection was lost, or refused; it is tried again while there are subscriptions. */
  readonly onLost?: (code: number, reason: string) => void;
}

/** `snapshot`: all of it. `update`: `rows` that changed and keys of `removed` ones; of a view its whole answer. */
export interface LiveUpdate {
  readonly type: 'snapshot' | 'update';
  readonly id: string;
  readonly columns?: readonly unknown[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly removed?: readonly (readonly unknown[])[];
  readonly answer?: unknown;
  readonly meta?: unknown;
}

export interface LiveListener {
  onUpdate(update: LiveUpdate): void;
  /** It was refused for good (`problem`), or is over (null): nothing more comes. */
  onEnd?(problem: unknown): void;
}

export interface Live {
  /**
   * `topic`: `metric/{name}` (`params` are the members of the question), `view/{pack}/{view}` (its parameters), `job/{id}`, `events` or
   * `events/{type}` (`limit`: so many of the newest, for who may read events). What was lost in between is told once the connection is
   * there again. Gives what ends it.
   */
  subscribe(topic: string, params: Readonly<Record<string, unknown>>, listener: LiveListener): () => void;
  /** Ends all subscriptions. */
  close(): void;
}

interface Subscribed {
  readonly topic: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly listener: LiveListener;
  lastId: string | null;
  /** In a row, without a word of it. */
  attempts: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Heard extends Partial<Omit<LiveUpdate, 'type'>> {
  readonly type: 'snapshot' | 'update' | 'error' | 'ping' | 'unsubscribed';
  readonly subscription?: string;
  readonly reason?: string;
  readonly problem?: { readonly status?: number };
  readonly retry_after_s?: number;
}

const OPEN = 1;
/** What passes. */
const AGAIN: ReadonlySet<number | undefined> = new Set([429, 500, 502, 503, 504]);

export function createLive(options: LiveOptions): Live {
  return new LiveConnection(options);
}

class LiveConnection implements Live {
  private readonly options: LiveOptions;
  private readonly subscribed = new Map<string, Subscribed>();
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private made = 0;
  private attempts = 0;

  constructor(options: LiveOptions) {
    this.options = options;
  }

  subscribe(topic: string, params: Readonly<Record<string, unknown>>, listener: LiveListener): () => void {
    const name = `s${(this.made += 1)}`;
    this.subscribed.set(name, { topic, params, listener, lastId: null, attempts: 0, timer: undefined });
    if (this.socket === null && this.timer === undefined) this.connect();
    else this.ask(name);
    return () => {
      // One that waits to be asked for again is not there.
      const isThere = this.subscribed.get(name)?.timer === undefined;
      if (this.forget(name) && isThere) this.say({ op: 'unsubscribe', subscription: name });
    };
  }

  close(): void {
    for (const name of this.subscribed.keys()) this.forget(name);
    clearTimeout(this.timer);
    this.timer = undefined;
    this.socket?.close();
  }

  private connect(): void {
    const { gateway, apiKey, WebSocket: Socket = globalThis.WebSocket } = this.options;
    const address = `${gateway.replace(/^http/, 'ws').replace(/\/$/, '')}/v1/live`;
    const socket = new Socket(address, ['tidegate.v1', `tidegate.key.${apiKey}`]);
    this.socket = socket;
    this.timer = undefined;
    socket.addEventListener('open', () => {
      this.attempts = 0;
      for (const name of this.subscribed.keys()) this.ask(name);
    });
    socket.addEventListener('message', ({ data }: { readonly data: unknown }) => this.hear(JSON.parse(String(data)) as Heard));
    socket.addEventListener('close', ({ code, reason }) => {
      this.socket = null;
      if (this.subscribed.size === 0) return;
      this.options.onLost?.(code, reason);
      this.timer = setTimeout(() => this.connect(), growingPause((this.attempts += 1), this.options.random ?? Math.random));
    });
  }

  /** Nothing where it is not open: each is asked for when it is. */
  private ask(name: string): void {
    const one = this.subscribed.get(name);
    if (one === undefined) return;
    clearTimeout(one.timer);
    one.timer = undefined;
    const { topic, params, lastId } = one;
    this.say({ op: 'subscribe', subscription: name, topic, params, ...(lastId === null ? {} : { last_event_id: lastId }) });
  }

  private say(message: unknown): void {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message));
  }

  private hear({ type, subscription: name = '', reason, problem, retry_after_s: retryS, ...told }: Heard): void {
    const one = this.subscribed.get(name);
    // What was on its way when it was unsubscribed is dropped.
    if (one === undefined) return;
    if (type === 'snapshot' || type === 'update') {
      one.attempts = 0;
      one.lastId = told.id ?? null;
      one.listener.onUpdate({ type, ...told, id: told.id ?? '' });
    } else if (type === 'error') this.heed(name, one, { reason, problem, retryS });
  }

  /** It has ended; whether it is asked for again. */
  private heed(
    name: string,
    one: Subscribed,
    why: { reason?: string | undefined; problem?: Heard['problem']; retryS?: number | undefined },
  ) {
    const { reason, problem, retryS } = why;
    if (reason === 'over' || (problem !== undefined && !AGAIN.has(problem.status))) {
      this.forget(name);
      one.listener.onEnd?.(problem ?? null);
      return;
    }
    const pauseMs = growingPause(one.attempts, this.options.random ?? Math.random);
    one.attempts += 1;
    one.timer = setTimeout(() => this.ask(name), Math.max(pauseMs, (retryS ?? 0) * 1_000));
  }

  private forget(name: string): boolean {
    clearTimeout(this.subscribed.get(name)?.timer);
    return this.subscribed.delete(name);
  }
}
