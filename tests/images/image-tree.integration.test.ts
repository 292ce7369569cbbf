import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideHadolint, repositoryRoot, SERVICE_FLAGS } from '@tidegate/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleStage } from './image-tree.ts';

describe('the files of the image', () => {
  let folder = '';
  let app = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-image-'));
    app = join(assembleStage('tidegate', folder), 'app');
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a program of the image with an empty environment, as it would be in a pod without settings. */
  function start(args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...SERVICE_FLAGS, ...args], {
      cwd: app,
      env: {},
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, output: `${stdout}${stderr}` };
  }

  it.each(['gateway', 'ingest', 'aggregator', 'query'])('start %s, which names every setting that it lacks', (service) => {
    const { status, output } = start([`services/${service}/src/main.ts`]);
    expect(output).toMatch(new RegExp(`^${service} did not start: ${service}: .*KAFKA_BROKERS is not set`, 'm'));
    expect(status).toBe(78);
  });

  it('start the command line and the migrations', () => {
    expect(start(['packages/cli/src/main.ts', '--help'])).toMatchObject({ status: 0, output: expect.stringContaining('tidegate') });
    expect(start(['packages/cli/src/main.ts', 'db', 'migrate'])).toMatchObject({
      status: 1,
      output: expect.stringContaining('DATABASE_URL is not set'),
    });
  });

  it('hold every migration and pack, and nothing of tests, tools of development or a second Node', () => {
    const migrations = readdirSync(join(repositoryRoot, 'packages/postgres/migrations'));
    expect(readdirSync(join(app, 'packages/postgres/migrations'))).toEqual(migrations);
    expect(readdirSync(join(app, 'packs'))).toEqual(readdirSync(join(repositoryRoot, 'packs')));
    const packages = readdirSync(join(app, 'node_modules/.pnpm'));
    expect(packages.filter((name) => /^(vitest|typescript|oxlint|prettier|testcontainers|node-linux)/.test(name))).toEqual([]);
    for (const absent of ['tests', 'bench', 'docs', 'data', 'infra', 'packages/kafka/test', '.git'])
      expect(existsSync(join(app, absent))).toBe(false);
  });
});

it('the Dockerfile has nothing that hadolint warns of', async () => {
  const file = join(repositoryRoot, 'infra/images/Dockerfile');
  const { status, stdout, stderr } = spawnSync(await provideHadolint(), ['--failure-threshold', 'warning', file], { encoding: 'utf8' });
  expect({ status, warnings: `${stdout}${stderr}`.split('\n').filter((line) => /warning|error/.test(line)) }).toEqual({
    status: 0,
    warnings: [],
  });
}, 300_000);
