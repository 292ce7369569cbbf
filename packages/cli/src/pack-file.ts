import { parsePack } from '@tidegate/core';
import { parse } from 'yaml';
import { CommandFailure } from './terminal.ts';

/** One line about a good pack; throws with every fault of a bad one. */
export function validatePack(yaml: string): string {
  const read = parsePack(toObject(yaml));
  if (!read.ok) {
    throw new CommandFailure(read.fault.map((fault) => `${fault.path ?? 'pack'}: ${fault.message}`).join('\n'));
  }
  const { pack, events, metrics } = read.value;
  return `${pack} is valid: ${Object.keys(events).length} event types, ${Object.keys(metrics).length} metrics`;
}

function toObject(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch (error) {
    throw new CommandFailure(`not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
