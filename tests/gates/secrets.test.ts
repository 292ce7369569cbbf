import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { root, run } from '../../scripts/command.ts';
import { secretProblems } from '../../scripts/secret-search.ts';

// The planted ones are drawn here: a file that held them would be found itself.
const word = (): string => randomBytes(12).toString('hex');
const privateKey = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;
const apiKey = `tg_live_${word()}${'aB3dE5gH9'}`;

test.each([
  { what: 'a private key', file: 'infra/server.pem', text: privateKey },
  { what: 'an API key', file: 'packages/sdk/README.md', text: `curl -H 'x-api-key: ${apiKey}'` },
  { what: 'a key of a cloud or forge', file: 'scripts/push.ts', text: `const at = 'ghp_${word()}${word().slice(0, 12)}';` },
  { what: 'a password in a URL', file: 'services/query/src/config.ts', text: `default: 'postgres://tidegate:${word()}@db/tidegate',` },
  { what: 'a default for a secret', file: 'docker-compose.yml', text: `      PGPASSWORD: ${'$'}{POSTGRES_PASSWORD:-${word()}}` },
  { what: 'a value of a secret', file: '.env', text: `SECRET_KEY=${word()}` },
  { what: 'a value of a secret', file: 'infra/values.yaml', text: `  POSTGRES_PASSWORD: '${word()}'` },
])('$what in $file is found, and named without being repeated', ({ what, file, text }) => {
  expect(secretProblems([{ file, text: `# first line\n${text}\n` }])).toEqual([`${file}:2: ${what}`]);
});

test('what asks for a secret, names its file or stands for it is not taken for one', () => {
  const text = [
    '  DATABASE_URL: postgres://postgres:${POSTGRES_PASSWORD:?say it}@postgres:5432/tidegate',
    '  SECRET_KEY_FILE: /data/secrets/SECRET_KEY',
    'DATABASE_URL=postgres://<user>:<password>@host/tidegate',
    `tg_live_${'0'.repeat(33)}`,
    'https://user@example.org/a:b@c',
  ].join('\n');
  expect(secretProblems([{ file: 'docker-compose.yml', text }])).toEqual([]);
});

test('the repository holds none, and all of it is searched', async () => {
  const outcome = await run({ program: process.execPath, args: ['scripts/check-secrets.ts'] });
  expect(outcome).toMatchObject({ code: 0, output: '' });
  expect(
    execFileSync('git', ['check-ignore', '.env', '.tidegate/secrets.json'], { cwd: root, encoding: 'utf8' }).trim().split('\n'),
  ).toHaveLength(2);
});
