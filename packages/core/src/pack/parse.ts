import { z } from 'zod';
import type { Fault, Result } from '../fault/fault.ts';
import { failed, ok } from '../fault/fault.ts';
import { lintPack } from './lint.ts';
import type { PackSource } from './schema.ts';
import { PACK_SCHEMA } from './schema.ts';

/** What stands in the control record of a pack (key `pack/<tenant>/<name>`). */
export interface PackRecord {
  readonly pack: string;
  readonly version: number;
  readonly source: PackSource;
  /** Newest version of each metric; metrics that were removed stay, so that a name that comes back gets a new version. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Metrics whose newest version is being made from raw events: questions are answered from an earlier one, or not yet. */
  readonly making: readonly string[];
  /** Definitions before the newest ones that owners still fold: what answers come from meanwhile, and what a rollback goes to. */
  readonly earlier: readonly EarlierDefinitions[];
  /** Of metrics whose newest version does not reach back to the first event: the epoch second from which it is whole. */
  readonly history: Readonly<Record<string, number>>;
}

/** Some metrics as an earlier version of their pack declared them. */
export interface EarlierDefinitions {
  /** Of the pack. */
  readonly version: number;
  readonly source: PackSource;
  readonly metrics: Readonly<Record<string, number>>;
  readonly history: Readonly<Record<string, number>>;
}

const VERSIONS_SCHEMA = z.object({
  version: z.int().min(1),
  source: PACK_SCHEMA,
  metrics: z.record(z.string(), z.int().min(1)),
  history: z.record(z.string(), z.int()).default({}),
});

/** Records from before metric versions were made in the shadow lack the last members. */
const RECORD_SCHEMA = VERSIONS_SCHEMA.extend({
  pack: z.string(),
  making: z.array(z.string()).default([]),
  earlier: z.array(VERSIONS_SCHEMA).default([]),
});

/** Reads and lints the parsed object of a `pack.yaml`; every fault is told, each with its path. */
export function parsePack(input: unknown): Result<PackSource, readonly Fault[]> {
  const read = PACK_SCHEMA.safeParse(input);
  if (!read.success) return failed(read.error.issues.map(toFault));
  const faults = lintPack(read.data);
  return faults.length === 0 ? ok(read.data) : failed(faults);
}

/** Reads the value of a control record that another service wrote: it was linted when it was applied. */
export function parsePackRecord(input: unknown): Result<PackRecord, readonly Fault[]> {
  const read = RECORD_SCHEMA.safeParse(input);
  return read.success ? ok(read.data) : failed(read.error.issues.map(toFault));
}

function toFault(issue: z.core.$ZodIssue): Fault {
  const members = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const message = issue.code === 'unrecognized_keys' ? 'the pack format has no such member' : issue.message;
  return { code: 'pack_invalid', path: members.map(String).join('.'), message };
}
