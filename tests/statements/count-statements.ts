import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';
import type { IncomingMessage } from 'node:http';
import pg from 'pg';

/** Requests with this header have their statements counted under its value. */
export const COUNTED_HEADER = 'x-counted-as';

const IS_FRAME = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b/i;
/** What a connection is made ready with, or tested by after a pause: of none of those who use it. */
const IS_OF_SESSION = /set_config\(s\.key|FROM pg_settings|test before use/;

interface Watching {
  /** Texts sent to Postgres for the requests that came with this name, without the frames of transactions. */
  sent(name: string): readonly string[];
  stop(): void;
}

/**
 * Counts what each request to a server of this process sends to Postgres: a request is followed through all that it waits for, so
 * nothing that runs beside it is counted with it.
 */
export function watchStatements(): Watching {
  const current = new AsyncLocalStorage<string[]>();
  const byName = new Map<string, string[]>();
  const { query } = pg.Client.prototype;
  const { emit } = Server.prototype;
  Reflect.set(pg.Client.prototype, 'query', function countedQuery(this: pg.Client, ...given: unknown[]): unknown {
    const text = textOf(given[0]);
    if (!IS_FRAME.test(text) && !IS_OF_SESSION.test(text)) current.getStore()?.push(text);
    return Reflect.apply(query, this, given);
  });
  Reflect.set(Server.prototype, 'emit', function countedEmit(this: Server, ...given: unknown[]): unknown {
    const name = given[0] === 'request' ? (given[1] as IncomingMessage).headers[COUNTED_HEADER] : undefined;
    if (typeof name !== 'string') return Reflect.apply(emit, this, given);
    const sent = byName.get(name) ?? [];
    byName.set(name, sent);
    return current.run(sent, () => Reflect.apply(emit, this, given));
  });
  return {
    sent: (name) => byName.get(name) ?? [],
    stop() {
      Reflect.set(pg.Client.prototype, 'query', query);
      Reflect.set(Server.prototype, 'emit', emit);
    },
  };
}

function textOf(asked: unknown): string {
  return typeof asked === 'string' ? asked : String((asked as { readonly text?: unknown }).text ?? '');
}
