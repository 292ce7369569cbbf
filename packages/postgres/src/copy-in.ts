import pg from 'pg';

/** First byte of a CopyData message; its length, itself included, follows in four bytes. */
const COPY_DATA = 'd'.charCodeAt(0);
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

/** What the driver's connection can do beyond its published types. */
interface CopyConnection extends pg.Connection {
  endCopyFrom(): void;
}

/**
 * Runs `COPY … FROM STDIN (FORMAT binary)` with rows that are encoded already (see `createRawRows`). Resolves when the
 * server has taken all rows; rejects with the driver's error, of which `code` is the SQLSTATE.
 *
 * The rows follow the statement without waiting for the server's word that it is ready for them: a server that refused the
 * statement ignores them ("CopyData … messages received outside copy-in mode are ignored", PostgreSQL, chapter "Message Flow",
 * COPY Operations). So COPY costs one round trip, and other statements may be sent behind it.
 */
export function copyIn(client: pg.ClientBase, statement: string, rows: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyQuery(statement, rows, (error) => (error === null ? resolve() : reject(error))));
  });
}

/** A query of the driver's own kind, because a connection that pipelines takes no other. */
class CopyQuery extends pg.Query {
  override readonly submit: (connection: pg.Connection) => void;

  constructor(statement: string, rows: readonly Uint8Array[], callback: (error: Error | null) => void) {
    super(statement, (error) => callback(error ?? null));
    this.submit = (connection) => {
      connection.query(statement);
      sendRows(connection as CopyConnection, rows);
    };
  }

  /** The rows are under way already. */
  handleCopyInResponse(): void {
    return undefined;
  }
}

/**
 * Written to the socket as they are. The driver's own way copies each piece into a message that it makes for it: 2 of 100
 * processor seconds of an aggregator at full load.
 */
function sendRows(connection: CopyConnection, rows: readonly Uint8Array[]): void {
  const { stream } = connection;
  // As the driver does: a connection that is gone ends the query by itself.
  if (!stream.writable) return;
  stream.cork();
  for (const part of [HEADER, ...rows, TRAILER]) {
    stream.write(copyDataHead(part.length));
    stream.write(part);
  }
  connection.endCopyFrom();
  stream.uncork();
}

function copyDataHead(bodyBytes: number): Uint8Array {
  const head = Buffer.allocUnsafe(5);
  head[0] = COPY_DATA;
  head.writeInt32BE(4 + bodyBytes, 1);
  return head;
}
