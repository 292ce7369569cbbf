import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { plantedHere } from './planted-source.ts';

// Set-up file of a test process with a mutant: SQL and Lua are read as files, past the module loader that serves mutated
// TypeScript, so reading is answered here for the one mutated path.
const planted = plantedHere();
if (planted !== null) {
  const read = fs.readFileSync;
  const isPlanted = (path: unknown): boolean => String(path).replace(/^file:\/\//, '') === planted.path;
  const answer = (path: fs.PathOrFileDescriptor, options?: unknown): unknown =>
    isPlanted(path) ? planted.text : Reflect.apply(read, fs, [path, options]);
  Object.assign(fs, { readFileSync: answer });
  syncBuiltinESMExports();
}
