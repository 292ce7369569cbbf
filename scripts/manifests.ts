import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideDeployTools } from '@tidegate/native';
import { root } from './command.ts';
import { manifestFiles } from './k8s/manifests.ts';

/** Writes k8s/base and k8s/deployment.yaml from the chart; with `--check` says which are stale instead. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const tools = await provideDeployTools((line) => process.stderr.write(`${line}\n`));

// Twice, because the one file is made of the many.
for (let round = values.check ? 1 : 0; round < 2; round++) {
  for (const [name, content] of manifestFiles(tools)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path) && readFileSync(path, 'utf8') === content) continue;
    if (values.check) {
      process.stdout.write(`${name} is stale: run "npm run manifests" and commit the result\n`);
      process.exitCode = 1;
    } else {
      writeFileSync(path, content);
      process.stdout.write(`wrote ${name}\n`);
    }
  }
}
