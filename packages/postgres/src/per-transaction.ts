/**
 * What one transaction is set to. Through a pooler of transactions that is all that a session is otherwise: there the next statement
 * may run in another session of the server, and what one statement sets stays for whoever comes after. And it is whose rows are read,
 * where work is done for one person. The settings go along with each transaction and end with it, at no further round trip:
 *
 * - BEGIN carries them behind it, in the same message.
 * - A statement of its own has them before it in the same implicit transaction: all messages up to Sync are one (PostgreSQL,
 *   chapter "Message Flow", Pipelining).
 * - Through a pooler nothing is prepared by name: the name would be known to one session alone.
 */
import pg from 'pg';

/** Names of settings of the server (`role` is one), each with its value; some (`search_path`) are lists of names. */
export type SessionSettings = Readonly<Record<string, string | readonly string[]>>;

export interface TransactionSettings {
  /** Of the transaction that begins now; null: it is as the session is, and so is what is sent. */
  readonly now: () => SessionSettings | null;
  /** What a statement is prepared as within such a transaction; undefined: it is not. */
  readonly nameOf: (name: string) => string | undefined;
}

type Ask = (...given: unknown[]) => unknown;
type Callback = (error: Error | undefined, result: unknown) => void;

const BEGINS = /^\s*BEGIN\b/i;
const ENDS = /^\s*(COMMIT|ROLLBACK(?!\s+TO\b))\b/i;

/** Changes what the connection does with each statement that it is given from now on. */
export function setPerTransaction(client: pg.ClientBase, { now, nameOf }: TransactionSettings): void {
  const ask: Ask = client.query.bind(client);
  let isInTransaction = false;
  let isSet = false;
  const asked: Ask = (query, ...rest) => {
    const text = textOf(query);
    if (BEGINS.test(text)) {
      const settings = now();
      [isInTransaction, isSet] = [true, settings !== null];
      return ask(settings === null ? query : withText(query, [text, ...behindBegin(settings)].join('; ')), ...rest);
    }
    if (!isInTransaction) {
      const settings = now();
      return settings === null ? ask(query, ...rest) : askAlone(ask, beforeAlone(settings), [query, ...rest]);
    }
    if (ENDS.test(text)) isInTransaction = false;
    return ask(isSet && isConfig(query) ? { ...query, name: query.name === undefined ? undefined : nameOf(query.name) } : query, ...rest);
  };
  Reflect.set(client, 'query', asked);
}

function behindBegin(settings: SessionSettings): readonly string[] {
  return Object.entries(settings).map(
    ([name, value]) => `SET LOCAL ${pg.escapeIdentifier(name)} = ${[value].flat().map(pg.escapeLiteral).join(', ')}`,
  );
}

function beforeAlone(settings: SessionSettings): string {
  const each = Object.entries(settings).map(([name, value]) => {
    const text = typeof value === 'string' ? value : value.map(pg.escapeIdentifier).join(', ');
    return `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(text)}, true)`;
  });
  return `SELECT ${each.join(', ')}`;
}

function askAlone(ask: Ask, before: string, [query, ...rest]: readonly unknown[]): unknown {
  if (typeof query !== 'string' && !isConfig(query))
    throw new Error("through a pooler a query of the driver's own kind needs a transaction");
  const values = rest.find(Array.isArray);
  const callback = rest.find((one): one is Callback => typeof one === 'function');
  const config = { ...(isConfig(query) ? query : { text: query }), ...(values === undefined ? {} : { values }), name: undefined };
  const alone = (answer: Callback): pg.Query =>
    withSettings(new pg.Query({ ...config, queryMode: 'extended' } as pg.QueryConfig, answer), before);
  if (callback !== undefined) return ask(alone(callback));
  return new Promise((resolve, reject) => {
    ask(alone((error, result) => (error instanceof Error ? reject(error) : resolve(result))));
  });
}

/** The query with a statement before it, whose answer nobody sees; where that one fails, the query has failed. */
function withSettings(query: pg.Query, before: string): pg.Query {
  const submit = methodOf(query, 'submit');
  const handleDataRow = methodOf(query, 'handleDataRow');
  const handleCommandComplete = methodOf(query, 'handleCommandComplete');
  let isSet = false;
  Reflect.set(query, 'submit', (connection: pg.Connection) => {
    connection.stream.cork();
    connection.parse({ name: '', text: before, types: [] }, false);
    connection.bind({}, false);
    connection.execute({}, false);
    const fault = submit(connection);
    connection.stream.uncork();
    return fault;
  });
  Reflect.set(query, 'handleDataRow', (message: unknown) => (isSet ? handleDataRow(message) : undefined));
  Reflect.set(query, 'handleCommandComplete', (message: unknown, connection: unknown) => {
    if (isSet) handleCommandComplete(message, connection);
    isSet = true;
  });
  return query;
}

/** What the driver calls on a query, beyond its published types. */
function methodOf(query: pg.Query, name: string): Ask {
  const method: unknown = Reflect.get(query, name);
  if (typeof method !== 'function') throw new Error(`the driver's queries have no ${name}`);
  return (...given) => Reflect.apply(method, query, given);
}

function isConfig(query: unknown): query is pg.QueryConfig {
  return typeof query === 'object' && query !== null && !(query instanceof pg.Query) && 'text' in query;
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return isConfig(query) ? query.text : '';
}

function withText(query: unknown, text: string): unknown {
  return isConfig(query) ? { ...query, text, name: undefined } : text;
}
