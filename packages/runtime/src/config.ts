import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { isWeakSecret } from './weak-secret.ts';

/** One setting: the variable it is read from, how it is checked, and what the reference page says about it. */
export interface ConfigField<T> {
  /** Name of the environment variable. */
  readonly env: string;
  /** Turns the text of the variable into the value; see `text` for ready ones. */
  readonly schema: z.ZodType<T>;
  /** Text used when the variable is absent; without one the variable must be set. */
  readonly default?: string;
  readonly description: string;
  /** Never printed; `<ENV>_FILE` may name a file that holds it. */
  readonly secret?: boolean;
  /** A secret that has to be drawn by lot: in production one that was typed is refused. */
  readonly isDrawn?: boolean;
}

export type ConfigFields = Readonly<Record<string, ConfigField<unknown>>>;

/** The settings of one service; `docs/reference/config.md` is generated from these. */
export interface ConfigDefinition<F extends ConfigFields = ConfigFields> {
  readonly service: string;
  readonly fields: F;
}

export type ConfigValues<D extends ConfigDefinition> = {
  readonly [K in keyof D['fields']]: D['fields'][K] extends ConfigField<infer T> ? T : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one variable. Holds no value, so it may be printed whatever the variable is. */
export interface ConfigFault {
  readonly env: string;
  readonly problem: string;
}

export type ConfigReading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** Thrown at start only, with every fault at once, so that one restart is enough to set all of them right. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(service: string, faults: readonly ConfigFault[]) {
    super(`${service}: ${faults.map((fault) => `${fault.env} ${fault.problem}`).join('; ')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Declares the settings of a service; kept as a value so that loader and reference page read the same list. */
export function defineConfig<const F extends ConfigFields>(service: string, fields: F): ConfigDefinition<F> {
  return { service, fields };
}

/** Reads every field and reports all faults at once. `readFile` serves the `*_FILE` variables of secrets. */
export function readConfig<D extends ConfigDefinition>(
  definition: D,
  env: Environment,
  readFile: (path: string) => string = readTextFile,
): ConfigReading<ConfigValues<D>> {
  const values: Record<string, unknown> = {};
  const faults: ConfigFault[] = [];
  for (const [name, field] of Object.entries(definition.fields)) {
    const reading = readField(field, env, readFile);
    if (reading.ok) values[name] = reading.value;
    else faults.push(...reading.faults);
  }
  // The loop above filled one value per declared field with the output of that field's own schema.
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: values as ConfigValues<D> };
}

/**
 * Reads the settings of a service from the process environment.
 * @throws ConfigError naming every variable that is absent or wrong
 */
export function loadConfig<D extends ConfigDefinition>(definition: D, env: Environment = process.env): ConfigValues<D> {
  const reading = readConfig(definition, env);
  if (!reading.ok) throw new ConfigError(definition.service, reading.faults);
  return reading.value;
}

function readField(field: ConfigField<unknown>, env: Environment, readFile: (path: string) => string): ConfigReading<unknown> {
  const source = readText(field, env, readFile);
  if (!source.ok) return source;
  if (source.value === undefined) return fault(field.env, `is not set${field.secret === true ? ` (nor is ${field.env}_FILE)` : ''}`);
  const parsed = field.schema.safeParse(source.value);
  const isRefused = field.isDrawn === true && env['ENVIRONMENT'] === 'production' && source.value.split(',').some(isWeakSecret);
  if (parsed.success && isRefused) return fault(field.env, 'is not valid: drawn by nobody, make one by `openssl rand -base64 32`');
  if (parsed.success) return { ok: true, value: parsed.data };
  // zod's own text may quote the input; for a secret only the rule's kind is told.
  const issues = parsed.error.issues.map((issue) => (field.secret === true ? secretProblem(issue) : issue.message));
  return fault(field.env, `is not valid: ${[...new Set(issues)].join(', ')}`);
}

function readText(field: ConfigField<unknown>, env: Environment, readFile: (path: string) => string): ConfigReading<string | undefined> {
  const direct = present(env[field.env]);
  const path = field.secret === true ? present(env[`${field.env}_FILE`]) : undefined;
  if (direct !== undefined && path !== undefined) return fault(field.env, `and ${field.env}_FILE are both set: keep one`);
  if (path === undefined) return { ok: true, value: direct ?? field.default };
  try {
    return { ok: true, value: readFile(path).replace(/\r?\n$/, '') };
  } catch {
    return fault(`${field.env}_FILE`, 'names a file that cannot be read');
  }
}

function secretProblem(issue: { readonly code: string; readonly message: string; readonly params?: unknown }): string {
  if (issue.code === 'too_small') return 'too short';
  return issue.code === 'custom' ? issue.message : 'wrong form';
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function fault(env: string, problem: string): { readonly ok: false; readonly faults: readonly ConfigFault[] } {
  return { ok: false, faults: [{ env, problem }] };
}

function readTextFile(path: string): string {
  return readFileSync(path, 'utf8');
}
