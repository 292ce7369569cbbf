import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/command.ts';

const HEADINGS = ['Purpose', 'Public surface', 'Invariants', 'Failure modes', 'How it is tested'];

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md', '{packages,services,infra}/*/README.md', 'packs/**/README.md', 'data/README.md'], {
  cwd: root,
})
  .filter((file) => !file.includes('node_modules'))
  .toSorted();

/**
 * Paths of files in backticks: `packages/core/src/query/plan.ts`; patterns with braces, stars or angle brackets are no files,
 * nor is `NNNN-name.sql`. Of commands that can be copied, the files of packs and data.
 */
function namedFiles(text: string): readonly string[] {
  const commands = [...text.matchAll(/(?<![\w/`])(?:packs|data)\/[\w./-]+\.(?:yaml|ndjson|gz)(?![\w`])/g)].map(([file]) => file);
  const inBackticks = [...text.matchAll(/`((?:packages|services|scripts|tests|infra|docs|bench|packs)\/[^`\s{}*<>…]+\.[a-z]+)`/g)]
    .map((match) => match[1] ?? '')
    .filter((file) => !file.includes('NNNN'));
  return [...inBackticks, ...commands];
}

/** Targets of links inside the repository. */
function linkTargets(text: string): readonly string[] {
  return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');
}

const members = globSync(['packages/*/package.json', 'services/*/package.json'], { cwd: root }).map(dirname).toSorted();

describe('readmes', () => {
  test.each(members)('%s has the five headings, in their order', (member) => {
    const headings = [...read(`${member}/README.md`).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(HEADINGS);
  });
});

describe('documents', () => {
  test.each(documents)('%s names only files that exist and links to nothing that is gone', (document) => {
    const text = read(document);
    expect(namedFiles(text).filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(linkTargets(text).filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([]);
  });

  test('a file that does not exist and a dead link are found, so a green result means that they were looked for', () => {
    expect(namedFiles('see `services/ingest/src/planted.ts` and `packs/<name>/pack.yaml`')).toEqual(['services/ingest/src/planted.ts']);
    expect(namedFiles('tidegate send --map packs/planted/mapping.yaml data/planted/*.gz')).toEqual(['packs/planted/mapping.yaml']);
    expect(linkTargets('[a](docs/gone.md) [b](https://example.org) [c](#here)')).toEqual(['docs/gone.md']);
  });
});
