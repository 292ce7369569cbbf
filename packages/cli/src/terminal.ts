import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createClient, type Client } from '@tidegate/sdk';
import { barView } from './bar-view.ts';
import type { FileProgress } from './send-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command needs of the world around it; a test gives its own. */
export interface Terminal {
  readonly env: Environment;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Of whoever signed in to the gateway that is meant; null: nobody. */
  readonly token?: () => string | null;
}

/** A failure whose message is all that the user needs. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

export interface Connection {
  readonly gateway?: string;
  readonly key?: string;
}

const DEFAULT_GATEWAY = 'http://127.0.0.1:8000';

export function gatewayOf(terminal: Terminal, connection: Connection): string {
  return connection.gateway ?? setting(terminal, 'TIDEGATE_GATEWAY') ?? DEFAULT_GATEWAY;
}

/** The client of `--gateway` and `--key`, or of `TIDEGATE_GATEWAY` and `TIDEGATE_API_KEY`, or of the session. */
export function connect(terminal: Terminal, connection: Connection): Client {
  const apiKey = connection.key ?? setting(terminal, 'TIDEGATE_API_KEY') ?? terminal.token?.() ?? undefined;
  if (apiKey === undefined) throw new CommandFailure('No API key: set TIDEGATE_API_KEY, give --key, or sign in with `tidegate login`.');
  const { fetch: ownFetch } = terminal;
  return createClient({ gateway: gatewayOf(terminal, connection), apiKey, ...(ownFetch === undefined ? {} : { fetch: ownFetch }) });
}

export function requireSetting(terminal: Terminal, name: string): string {
  const value = setting(terminal, name);
  if (value === undefined) throw new CommandFailure(`${name} is not set.`);
  return value;
}

/** As services read settings: `<NAME>_FILE` names a file that holds it. */
export function setting({ env }: Terminal, name: string): string | undefined {
  const path = env[`${name}_FILE`];
  const value = path === undefined ? env[name] : readFileSync(path, 'utf8').trim();
  return value === '' ? undefined : value;
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A progress bar on a terminal's standard error; elsewhere nothing. */
export function createBar(terminal: Terminal, label: string): { draw(progress: FileProgress): void; end(): void } {
  const startedMs = performance.now();
  if (terminal.stderr.isTTY !== true) return { draw: () => undefined, end: () => undefined };
  return {
    draw: (progress) => terminal.stderr.write(`\r\x1b[2K${barView(label, progress, performance.now() - startedMs)}`),
    end: () => terminal.stderr.write('\r\x1b[2K'),
  };
}

/** Where commands reach Postgres: past a pooler of transactions where there is one. */
export function directDatabaseUrl(terminal: Terminal): string {
  return setting(terminal, 'DATABASE_DIRECT_URL') ?? requireSetting(terminal, 'DATABASE_URL');
}

/** What must stand in no history and no list of processes. */
export async function firstLine({ stdin }: Pick<Terminal, 'stdin'>, what: string): Promise<string> {
  for await (const line of createInterface({ input: stdin })) return line;
  throw new CommandFailure(`The ${what} is missing: give it as the first line of standard input.`);
}
