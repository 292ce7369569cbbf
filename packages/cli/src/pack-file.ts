import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packAlertRules, parsePack, type PackSource } from '@tidegate/core';
import { parse, stringify } from 'yaml';
import { CommandFailure } from './terminal.ts';

/** The text of a pack.yaml, or of the one in a folder. */
export async function readPack(path: string): Promise<string> {
  return readFile(existsSync(path) && statSync(path).isDirectory() ? join(path, 'pack.yaml') : path, 'utf8');
}

/** One line about a good pack; throws with every fault of a bad one. */
export function validatePack(yaml: string): string {
  const { pack, events, metrics } = goodPack(yaml);
  const reasons = Object.values(events).flatMap(({ fields }) => Object.values(fields).flatMap(({ why }) => why ?? []));
  const kept = reasons.length === 0 ? '' : `, ${reasons.length} fields kept for a reason of their own`;
  return `${pack} is valid: ${Object.keys(events).length} event types, ${Object.keys(metrics).length} metrics${kept}`;
}

/** Rules of Prometheus that look after what a good pack aims at; throws with every fault of a bad one. */
export function packAlerts(yaml: string): string {
  return stringify({ groups: [packAlertRules(goodPack(yaml))] }, { lineWidth: 0, singleQuote: true });
}

function goodPack(yaml: string): PackSource {
  const read = parsePack(packObject(yaml));
  if (read.ok) return read.value;
  throw new CommandFailure(read.fault.map((fault) => `${fault.path ?? 'pack'}: ${fault.message}`).join('\n'));
}

export function packObject(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    throw new CommandFailure(`not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
