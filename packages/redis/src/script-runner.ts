import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'ioredis';

export type ScriptArgument = string | number | Uint8Array;
/** A reply as Redis gives it: bulk strings as bytes. */
export type ScriptReply = Buffer | number | null | readonly ScriptReply[];

/** One server, or a cluster that finds the node by the keys. */
export interface ScriptClient {
  callBuffer(command: string, ...args: (string | Buffer)[]): Promise<unknown>;
  sendCommand(command: Command): unknown;
}

export interface Script {
  run(keys: readonly string[], args: readonly ScriptArgument[]): Promise<ScriptReply>;
  /** For what is asked again and again with only its last argument another one: what is sent of the rest is made once. */
  prepare(keys: readonly string[], ...args: readonly Buffer[]): PreparedScript;
}

export interface PreparedScript {
  run(last: Buffer): Promise<ScriptReply>;
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
        if (!isUnknownScript(error)) throw error;
        return call('EVAL', text, rest);
      }
    },
    prepare(keys, ...args) {
      const rest = [String(keys.length), ...keys, ...args];
      const head = commandHead(['EVALSHA', sha, ...rest]);
      let usual: { readonly last: Buffer; readonly bytes: Buffer } | null = null;
      const bytesWith = (last: Buffer): Buffer => {
        if (usual?.last !== last) usual = { last, bytes: Buffer.concat([head, argument(last)]) };
        return usual.bytes;
      };
      return {
        async run(last) {
          const command = new PreparedCommand([sha, ...rest, last], bytesWith(last));
          try {
            return (await client.sendCommand(command)) as ScriptReply;
          } catch (error) {
            if (!isUnknownScript(error)) throw error;
            return call('EVAL', text, [...rest, last]);
          }
        },
      };
    },
  };
}

/** A command whose bytes are known: the library would put forty pieces of text together for each decision. */
class PreparedCommand extends Command {
  readonly #bytes: Buffer;

  constructor(args: (string | Buffer)[], bytes: Buffer) {
    super('evalsha', args, { replyEncoding: null });
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}

/** All of a command but its last argument, as RESP has it. */
function commandHead(args: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat([Buffer.from(`*${args.length + 1}\r\n`), ...args.map((one) => argument(Buffer.from(one)))]);
}

function argument(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
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
