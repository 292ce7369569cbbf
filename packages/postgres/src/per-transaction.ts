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
  const behindBegin = Object.entries(settings).map(([name, value]) => `SET LOCAL ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`);
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
  if (typeof query !== 'string' && !isConfig(query)) throw new Error('through a pooler a query of the driver\'s own kind needs a transaction');
  const values = rest.find(Array.isArray);
  const callback = rest.find((one): one is Callback => typeof one === 'function');
  const config = { ...(isConfig(query) ? query : { text: query }), ...(values === undefined ? {} : { values }), name: undefined };
  const alone = (answer: Callback): pg.Query => withSettings(new pg.Query({ ...config, queryMode: 'extended' } as pg.QueryConfig, answer), before);
  if (callback !== undefined) return ask(alone(callback));
  return new Promise((resolve, reject) => {
    ask(alone((error, result) => (error instanceof Error ? reject(error) : resolve(result))));
  });
}

/** What the driver's connection calls on a query, beyond its published types. */
interface DrivenQuery {
  submit(connection: pg.Connection): unknown;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
}

/** The query with a statement before it, whose answer nobody sees; where that one fails, the query has failed. */
function withSettings(query: pg.Query, before: string): pg.Query {
  const driven = query as unknown as DrivenQuery;
  const plain: DrivenQuery = {
    submit: driven.submit.bind(query),
    handleDataRow: driven.handleDataRow.bind(query),
    handleCommandComplete: driven.handleCommandComplete.bind(query),
  };
  let isSet = false;
  driven.submit = (connection) => {
    connection.stream.cork();
    connection.parse({ name: '', text: before, types: [] }, false);
    connection.bind({}, false);
    connection.execute({}, false);
    const fault = plain.submit(connection);
    connection.stream.uncork();
    return fault;
  };
  driven.handleDataRow = (message) => {
    if (isSet) plain.handleDataRow(message);
  };
  driven.handleCommandComplete = (message, connection) => {
    if (isSet) plain.handleCommandComplete(message, connection);
    isSet = true;
  };
  return query;
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
