import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-checkout-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function drill(args: readonly string[]): Promise<{ code: number; err: string }> {
  let err = '';
  const code = await runProgram(['drill', ...args], {
    env: { PATH: process.env['PATH'], TIDEGATE_REPOSITORY: folder },
    stdin: new PassThrough(),
    stdout: { write: () => true },
    stderr: { write: (text) => (err += text) },
  });
  return { code, err };
}

/** A checkout whose launcher writes down what it was asked, and ends as the drill would. */
function checkout(exitCode: number): void {
  mkdirSync(join(folder, 'tests/drills'), { recursive: true });
  mkdirSync(join(folder, 'scripts'));
  writeFileSync(join(folder, 'tests/drills/main.ts'), '');
  const script = `import { writeFileSync } from 'node:fs'; writeFileSync('asked', process.argv.slice(2).join(' ')); process.exit(${exitCode});`;
  writeFileSync(join(folder, 'scripts/bootstrap.mjs'), script);
}

describe('tidegate drill', () => {
  it('hands the name and its flags to the checkout', async () => {
    checkout(0);
    expect(await drill(['exactly-once', '--minutes', '2', '--seed', '7', '--json'])).toEqual({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('drill exactly-once --minutes 2 --seed 7 --json');
  });

  it('fails where the drill fails', async () => {
    checkout(1);
    expect((await drill(['exactly-once'])).code).toBe(1);
  });

  it('says that it needs the repository where there is none', async () => {
    const { code, err } = await drill(['exactly-once']);
    expect(code).toBe(1);
    expect(err).toContain('Drills need a checkout of the Tidegate repository');
  });
});
