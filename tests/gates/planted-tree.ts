import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Outcome } from '../../scripts/command.ts';
import { root, run } from '../../scripts/command.ts';

/** A small tree with the repository's own rules in which a violation is planted; the real tree is never touched. */
export interface PlantedTree extends Disposable {
  readonly path: string;
  write(files: Readonly<Record<string, string>>): void;
  run(program: string, ...args: string[]): Promise<Outcome>;
}

const RULES = ['.oxlintrc.json', '.dependency-cruiser.cjs', '.prettierrc.json', '.prettierignore', 'tsconfig.base.json', 'scripts/lint'];

export function plantTree(files: Readonly<Record<string, string>>): PlantedTree {
  const path = mkdtempSync(join(tmpdir(), 'tidegate-gate-'));
  for (const rule of RULES) cpSync(join(root, rule), join(path, rule), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  const tree: PlantedTree = {
    path,
    write(more) {
      for (const [name, text] of Object.entries(more)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), text);
      }
    },
    run: (program, ...args) => run({ program, args, cwd: path }),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
  tree.write({
    'package.json': '{"type": "module"}',
    'tsconfig.json':
      '{"extends": "./tsconfig.base.json", "compilerOptions": {"lib": ["es2024"], "types": ["node"]}, "include": ["**/*.ts"]}',
    ...files,
  });
  return tree;
}
