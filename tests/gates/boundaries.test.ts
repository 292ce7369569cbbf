import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/command.ts';
import { plantTree } from './planted-tree.ts';

/** A tree of the right shape: service → adapter → core. */
const SOUND = {
  'packages/core/src/index.ts': "export { one } from './one.ts';\n",
  'packages/core/src/one.ts': 'export const one = 1;\n',
  'packages/kafka/src/index.ts': "import { one } from '../../core/src/index.ts';\nexport const two = one + 1;\n",
  'packages/redis/src/index.ts': 'export const redis = 1;\n',
  'services/ingest/src/main.ts': "import { two } from '../../../packages/kafka/src/index.ts';\nexport const three = two + 1;\n",
  'services/query/src/main.ts': 'export const four = 4;\n',
};

/** Each rule with a file that breaks it, and the files it needs; all lie in one tree and one run judges all of them. */
const VIOLATIONS: readonly { readonly rule: string; readonly file: string; readonly text: string }[] = [
  { rule: 'core-is-pure', file: 'packages/core/src/planted.ts', text: "import 'node:fs';\n" },
  { rule: 'adapters-stand-on-core', file: 'packages/redis/src/planted.ts', text: "import '../../kafka/src/index.ts';\n" },
  { rule: 'no-service-to-service', file: 'services/query/src/planted.ts', text: "import '../../ingest/src/main.ts';\n" },
  { rule: 'nothing-imports-services', file: 'packages/http/src/planted.ts', text: "import '../../../services/query/src/main.ts';\n" },
  { rule: 'sdk-stands-on-core', file: 'packages/sdk/src/planted.ts', text: "import '../../kafka/src/index.ts';\n" },
  { rule: 'no-circular', file: 'packages/kafka/src/circle-two.ts', text: "import './circle-one.ts';\nexport const circle = 1;\n" },
  { rule: 'no-orphans', file: 'packages/kafka/src/forgotten.ts', text: 'export const forgotten = 1;\n' },
  { rule: 'resolvable', file: 'packages/kafka/src/planted.ts', text: "import './gone.ts';\n" },
  { rule: 'driver-postgres', file: 'services/ingest/src/postgres.ts', text: driverImport('packages/postgres', 'pg') },
  { rule: 'driver-redis', file: 'services/ingest/src/redis.ts', text: driverImport('packages/redis', 'ioredis') },
  { rule: 'driver-kafka', file: 'infra/native/kafka.ts', text: driverImport('packages/kafka', 'kafkajs') },
];

/** An import of a driver by the path at which the owning package has it. */
function driverImport(owner: string, driver: string): string {
  return `import '${join(root, owner, 'node_modules', driver)}';\n`;
}

const check = join(root, 'scripts/check-boundaries.ts');

test('a sound tree passes, so a red below comes from what is planted', async () => {
  using tree = plantTree(SOUND);
  const outcome = await tree.run(process.execPath, check, tree.path);
  expect(outcome.output).toMatch(/no dependency violations found \(\d+ modules, 3 dependencies cruised\)/);
  expect(outcome.code).toBe(0);
});

describe('planted violations', () => {
  let output = '';
  let code = 0;
  beforeAll(async () => {
    const planted = Object.fromEntries(VIOLATIONS.map(({ file, text }) => [file, text]));
    using tree = plantTree({
      ...SOUND,
      ...planted,
      'packages/kafka/src/circle-one.ts': "import './circle-two.ts';\nexport const two = 2;\n",
    });
    ({ output, code } = await tree.run(process.execPath, check, tree.path));
  });

  test('the check ends with an error', () => {
    expect(code).toBe(1);
  });

  test.each(VIOLATIONS)('a breach of $rule turns boundaries red', ({ rule, file }) => {
    // A circle is reported from whichever of its files was read first.
    const shown = rule === 'no-circular' ? 'packages/kafka/src/circle-' : file;
    expect(output).toContain(`error ${rule}: ${shown}`);
  });
});

test('a tree in which no TypeScript was read is red, not green', async () => {
  using tree = plantTree({ 'packages/core/src/readme.txt': 'nothing to read' });
  const outcome = await tree.run(process.execPath, check, tree.path);
  expect(outcome.output).toContain('read no TypeScript');
  expect(outcome.code).toBe(1);
});
