import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export type ScriptArgument = string | number | Uint8Array;
/** A reply as Redis gives it: bulk strings as bytes. */
export type ScriptReply = Buffer | number | null | readonly ScriptReply[];

/** One server, or a cluster that finds the node by the keys. */
export interface ScriptClient {
  callBuffer(command: string, ...args: (string | Buffer)[]): Promise<unknown>;
}

export interface Script {
  run(keys: readonly string[], args: readonly ScriptArgument[]): Promise<ScriptReply>;
}

/**
 * A script of `lua/`, after what it shares with others; sent by its hash, and a server that does not know it (restarted,
 * flushed) gets the text.
 */
export function createScript(client: ScriptClient, ...files: readonly string[]): Script {
  const text = files.map((file) => readFileSync(new URL(`./lua/${file}`, import.meta.url), 'utf8')).join('\n');
  const sha = createHash('sha1').update(text).digest('hex');
  const call = async (command: string, script: string, rest: readonly (string | Buffer)[]): Promise<ScriptReply> =>
    (await client.callBuffer(command, script, ...rest)) as ScriptReply;
  return {
    async run(keys, args) {
      const rest = [String(keys.length), ...keys, ...args.map(toArgument)];
      try {
        return await call('EVALSHA', sha, rest);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return call('EVAL', text, rest);
      }
    },
  };
}

/**
 * Whether a command failed for what lies under its key: a value of another type, or one that a script of ours stumbled over. Nothing
 * but a bug or another program writes such a value, asking again fails again, and all that is kept here can be made again: who
 * meets it deletes the key. What a server says of itself (out of memory, loading, read only) is no damage.
 */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && /^(WRONGTYPE |ERR user_script:\d+: |ERR hash value is not an integer)/.test(error.message);
}

function toArgument(value: ScriptArgument): string | Buffer {
  if (typeof value !== 'object') return String(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** The elements of a list reply. */
export function listOf(reply: ScriptReply): readonly ScriptReply[] {
  return Array.isArray(reply) ? (reply as readonly ScriptReply[]) : [];
}

export function textOf(reply: ScriptReply | undefined): string {
  if (reply === undefined || reply === null) return '';
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : String(reply);
}
