import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './command.ts';

/** Makes the next numbered migration, empty but for what has to be thought of: `npm run migration -- what-it-does`. */
const [name = '', folder = 'packages/postgres/migrations'] = process.argv.slice(2);

if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  const numbers = readdirSync(resolve(root, folder)).map((file) => Number(file.slice(0, 4)));
  const file = `${String(Math.max(...numbers) + 1).padStart(4, '0')}-${name}.sql`;
  writeFileSync(
    resolve(root, folder, file),
    '-- Says why, and what a service of the release before does with it. Never changed once it is released.\n',
  );
  process.stdout.write(`${join(folder, file)}\n`);
} else {
  process.stderr.write('Name what it does in lower case with hyphens: npm run migration -- orders-by-day\n');
  process.exitCode = 1;
}
