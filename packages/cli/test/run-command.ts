import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runProgram } from '../src/program.ts';

export interface CommandRun {
  readonly code: number;
  /** As a terminal shows it, without its colours. */
  readonly out: string;
  readonly err: string;
  /** Method, path and search of the last request; "" where nothing was asked. */
  readonly request: string;
  readonly body: string;
  /** Request and body. */
  readonly asked: string;
  readonly accept: string;
  readonly calls: number;
}

export interface Asked {
  readonly accept: string;
  /** Method, path and search. */
  readonly request: string;
  /** From 0. */
  readonly call: number;
}

/** Runs one command against a gateway that gives these answers, in a terminal of 60 columns. */
export async function runCommand(args: readonly string[], answer: (asked: Asked) => Response, input = ''): Promise<CommandRun> {
  let [out, err, request, body, accept, calls] = ['', '', '', '', '', 0];
  const fake: typeof fetch = (url, init) => {
    const { pathname, search } = new URL(url instanceof Request ? url.url : url);
    request = `${init?.method ?? 'GET'} ${pathname}${search}`;
    body = typeof init?.body === 'string' ? init.body : '';
    accept = new Headers(init?.headers).get('accept') ?? '';
    calls += 1;
    return Promise.resolve(answer({ accept, request, call: calls - 1 }));
  };
  const code = await runProgram(args, {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough().end(input),
    stdout: { write: (text) => (out += text), columns: 60 },
    stderr: { write: (text) => (err += text) },
    fetch: fake,
  });
  const shown = { out: stripVTControlCharacters(out), err: stripVTControlCharacters(err) };
  return { code, ...shown, request, body, asked: `${request} ${body}`.trim(), accept, calls };
}
