import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './tool.ts';

/** What is unpacked of packages lies here, as it would under `/`. */
export const UNPACKED = 'unpacked';

/**
 * Fetches packages of Debian and unpacks them into `<stage>/unpacked`; nothing is installed. With the package `name` come those
 * of what it needs that match `needs` and that a small machine lacks.
 */
export async function unpackDebianPackage(stage: string, name: string, needs?: RegExp): Promise<void> {
  await download(stage, [name]);
  // What is needed may need more of them.
  for (let had = 0; needs !== undefined && had < packagesIn(stage).length;) {
    had = packagesIn(stage).length;
    const isThere = (name: string): boolean => packagesIn(stage).some((file) => file.startsWith(`${name}_`));
    const names = (await neededBy(stage)).filter((needed) => needs.test(needed) && !isThere(needed));
    if (names.length > 0) await download(stage, [...new Set(names)]);
  }
  for (const file of packagesIn(stage)) await runTool({ command: 'dpkg-deb', args: ['-x', join(stage, file), join(stage, UNPACKED)] });
}

async function neededBy(stage: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    packagesIn(stage).map((file) => runTool({ command: 'dpkg-deb', args: ['--field', join(stage, file), 'Depends'] })),
  );
  // `libc6 (>= 2.34), default-jre | jre`: of alternatives the first.
  return lists
    .flatMap((list) => list.split(','))
    .map((entry) => entry.trim().split(/[\s|(:]/)[0] ?? '')
    .filter((name) => name !== '');
}

function packagesIn(stage: string): readonly string[] {
  return readdirSync(stage).filter((name) => name.endsWith('.deb'));
}

/** With the lists of packages that the machine has; where it has none, with lists of our own: those of the system stay as they are. */
async function download(stage: string, names: readonly string[]): Promise<void> {
  const [state, cache] = [join(stage, 'state'), join(stage, 'cache')];
  const own = [`Dir::State=${state}`, `Dir::Cache=${cache}`, 'Dir::State::status=/var/lib/dpkg/status', 'Debug::NoLocking=1'];
  const options = own.flatMap((option) => ['-o', option]);
  if (!existsSync(state)) {
    try {
      await runTool({ command: 'apt-get', args: ['download', ...names], cwd: stage });
      return;
    } catch {
      for (const part of [join(state, 'lists/partial'), join(cache, 'archives/partial')]) mkdirSync(part, { recursive: true });
      await runTool({ command: 'apt-get', args: [...options, '--quiet', 'update'], cwd: stage });
    }
  }
  await runTool({ command: 'apt-get', args: [...options, 'download', ...names], cwd: stage });
}
