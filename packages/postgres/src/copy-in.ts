import type { ClientBase, Connection, Submittable } from 'pg';

/** Largest piece handed to the socket at once. */
const CHUNK_BYTES = 1 << 20;
const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const TRAILER = Buffer.from([0xff, 0xff]);

/** What the driver's connection can do beyond its published types. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
}

/** What the driver calls on a query of one's own. */
interface CopyQuery extends Submittable {
  handleCopyInResponse(connection: CopyConnection): void;
  handleCommandComplete(): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
  callback(): void;
}

/**
 * Runs `COPY … FROM STDIN (FORMAT binary)` with rows that are encoded already (see `createRawRows`). Resolves when the
 * server has taken all rows; rejects with the driver's error, of which `code` is the SQLSTATE.
 */
export function copyIn(client: ClientBase, statement: string, rows: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | null = null;
    const settle = (): void => (failure === null ? resolve() : reject(failure));
    const copy: CopyQuery = {
      submit: (connection) => connection.query(statement),
      handleCopyInResponse: (connection) => sendRows(connection, rows),
      handleCommandComplete: () => undefined,
      // A lost connection is told here too, and then no ReadyForQuery follows; settling twice is harmless.
      handleError: (error) => {
        failure ??= error;
        reject(error);
      },
      handleReadyForQuery: settle,
      callback: () => undefined,
    };
    client.query(copy);
  });
}

function sendRows(connection: CopyConnection, rows: readonly Uint8Array[]): void {
  connection.sendCopyFromChunk(HEADER);
  for (const part of rows) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) connection.sendCopyFromChunk(part.subarray(at, at + CHUNK_BYTES));
  }
  connection.sendCopyFromChunk(TRAILER);
  connection.endCopyFrom();
}
