import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runProgram } from '@tidegate/cli';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type RunningSystem } from './running-system.ts';

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem('verify', { packs: ['wikipedia'] });
}, 120_000);
afterAll(async () => system?.stop());

async function verify(...flags: string[]) {
  const { gateway, apiKey, services, metricsPort } = system.tidegate;
  const metrics = services.names.flatMap((name) => ['--metrics', `http://127.0.0.1:${metricsPort(name)}/metrics`]);
  let [out, err] = ['', ''];
  const code = await runProgram(['verify', '--gateway', gateway, ...metrics, '--clients', '4', '--questions', '20', ...flags], {
    env: { TIDEGATE_API_KEY: apiKey },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  const lines = stripVTControlCharacters(out).trimEnd().split('\n');
  return { code, err, lines, wrong: lines.filter((line) => !line.startsWith('✓')) };
}

test('a running installation is well in every point, and one whose events are not counted is told where it stands', async () => {
  const { code, err, wrong, lines } = await verify();
  expect({ code, err, wrong, checks: lines.length }).toEqual({
    ...{ code: 0, err: '', checks: 11 },
    // The key of the demo is one for events and questions.
    wrong: ['? the cache tells how often it answered: the key lacks the scope cache:read'],
  });

  await system.tidegate.services.kill('aggregator');
  const stopped = await verify('--within', '2');
  await system.tidegate.services.start('aggregator');
  expect(stopped.code).toBe(1);
  expect(stopped.wrong).toContain('✗ it is counted: not within 2 s');
  expect(stopped.wrong).toContain('? sent again it counts no second time: "it is counted" has to be first');
}, 120_000);
