/**
 * What a session is set to, for connections through a pooler of transactions: there the next statement may run in another session
 * of the server, and what one statement sets stays for whoever comes after. So the settings go along with each transaction and end
 * with it, at no further round trip:
 *
 * - BEGIN carries them behind it, in the same message.
 * - A statement of its own has them before it in the same implicit transaction: all messages up to Sync are one (PostgreSQL,
 *   chapter "Message Flow", Pipelining).
 * - Nothing is prepared by name: the name would be known to one session alone.
 */
import pg from 'pg';

/** Names of settings of the server (`role` is one), each with its value. */
export type SessionSettings = Readonly<Record<string, string>>;

type Ask = (...given: unknown[]) => unknown;
type Callback = (error: Error | undefined, result: unknown) => void;

const BEGINS = /^\s*BEGIN\b/i;
const ENDS = /^\s*(COMMIT|ROLLBACK(?!\s+TO\b))\b/i;

/** Changes what the connection does with each statement that it is given from now on. */
export function setPerTransaction(client: pg.ClientBase, settings: SessionSettings): void {
  const ask: Ask = client.query.bind(client);
  const behindBegin = Object.entries(settings).map(
    ([name, value]) => `SET LOCAL ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`,
  );
  const before = `SELECT ${Object.entries(settings)
    .map(([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`)
    .join(', ')}`;
  let isInTransaction = false;
  const asked: Ask = (query, ...rest) => {
    const text = textOf(query);
    if (BEGINS.test(text)) {
      isInTransaction = true;
      return ask(withText(query, [text, ...behindBegin].join('; ')), ...rest);
    }
    if (!isInTransaction) return askAlone(ask, before, [query, ...rest]);
    if (ENDS.test(text)) isInTransaction = false;
    return ask(isConfig(query) ? { ...query, name: undefined } : query, ...rest);
  };
  Reflect.set(client, 'query', asked);
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
