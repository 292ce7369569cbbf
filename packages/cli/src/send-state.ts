import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How far a file was acknowledged by one gateway; lets a send that was cut go on where it was. */
export interface SendState {
  /** All rows before this one are settled. */
  readonly rows: number;
}

const NOTHING_SENT: SendState = { rows: 0 };

/** The state's place: one file for each (gateway, content, way of reading it). */
export function stateFile(folder: string, of: { readonly gateway: string; readonly digest: string; readonly reading: string }): string {
  const name = createHash('sha256')
    .update(JSON.stringify([of.gateway, of.digest, of.reading]))
    .digest('hex')
    .slice(0, 32);
  return join(folder, `${name}.json`);
}

/** Nothing sent where there is no state or where it cannot be read: sending again counts nothing twice. */
export function readState(file: string): SendState {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return NOTHING_SENT;
    const { rows } = value as Partial<SendState>;
    return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? { rows } : NOTHING_SENT;
  } catch {
    return NOTHING_SENT;
  }
}

export function writeState(file: string, state: SendState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
