/**
 * A small event system inside one process: no plugins, no priorities. Handlers run in the order in which they were registered; one
 * that fails is reported, and neither the emitter nor the other handlers notice.
 */
export type HookHandler<P> = (payload: P) => unknown;

export interface Hooks<Payloads extends object> {
  /** Returns what ends the subscription. */
  subscribe<N extends keyof Payloads>(name: N, handler: HookHandler<Payloads[N]>): () => void;
  emit<N extends keyof Payloads>(name: N, payload: Payloads[N]): void;
  /** Registers the function that it is given and returns it: what a decorator would do. */
  eventHook<N extends keyof Payloads>(name: N): <H extends HookHandler<Payloads[N]>>(handler: H) => H;
}

/** Names of what happens to activities, to what is eaten and to bodies: those of the event types of pack fitness. */
export const HOOK_NAMES = [
  'training.activity.recorded',
  'training.activity.updated',
  'training.activity.deleted',
  'training.nutrition.logged',
  'training.nutrition.updated',
  'training.nutrition.deleted',
  'training.bodycomp.recorded',
  'training.bodycomp.updated',
  'training.bodycomp.deleted',
] as const;
export type HookName = (typeof HOOK_NAMES)[number];

export type HookPayloads = Readonly<Record<HookName, Readonly<Record<string, unknown>>>>;

export interface HooksOptions {
  /** Told of a handler that threw or rejected; default: `console.error`. */
  readonly onError?: (error: unknown, name: string) => void;
}

export function createHooks<Payloads extends object = HookPayloads>(options: HooksOptions = {}): Hooks<Payloads> {
  const { onError = logFailure } = options;
  const handlers = new Map<keyof Payloads, readonly HookHandler<never>[]>();

  function subscribe<N extends keyof Payloads>(name: N, handler: HookHandler<Payloads[N]>): () => void {
    // An entry of its own, so that one function registered twice is ended once for each.
    const entry: HookHandler<Payloads[N]> = (payload) => handler(payload);
    handlers.set(name, [...(handlers.get(name) ?? []), entry as HookHandler<never>]);
    return () => {
      handlers.set(
        name,
        (handlers.get(name) ?? []).filter((other) => other !== entry),
      );
    };
  }

  function emit<N extends keyof Payloads>(name: N, payload: Payloads[N]): void {
    // Lists are replaced, never changed: a handler that subscribes or ends one is not heard before the next emit.
    for (const handler of (handlers.get(name) ?? []) as readonly HookHandler<Payloads[N]>[]) run(handler, payload, String(name));
  }

  function run<P>(handler: HookHandler<P>, payload: P, name: string): void {
    try {
      const result = handler(payload);
      if (result instanceof Promise) result.catch((error: unknown) => report(error, name));
    } catch (error) {
      report(error, name);
    }
  }

  function report(error: unknown, name: string): void {
    try {
      onError(error, name);
    } catch {
      // Whoever reports may fail too, and the emitter has nothing to do with it.
    }
  }

  return {
    subscribe,
    emit,
    eventHook: (name) => (handler) => {
      subscribe(name, handler);
      return handler;
    },
  };
}

function logFailure(error: unknown, name: string): void {
  console.error(`a handler of ${name} failed`, error);
}

/** One for the whole process. */
export const { subscribe, emit, eventHook }: Hooks<HookPayloads> = createHooks();
