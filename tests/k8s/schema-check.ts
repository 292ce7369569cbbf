import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Manifest } from '../../scripts/k8s/manifest.ts';

type Schema = Readonly<Record<string, unknown>>;

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

interface BuiltIn {
  /** `apps/v1/Deployment` → name of its definition. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Schema;
}

const FOLDER = join(import.meta.dirname, 'schemas');

/** Tells what an API server of Kubernetes 1.36, with the operators' definitions, would refuse: wrong types, unknown fields. */
export function createSchemaCheck(): (object: Manifest) => readonly string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const builtIn = readJson<BuiltIn>('kubernetes-1.36.json');
  ajv.addSchema({ $id: 'kubernetes', definitions: builtIn.definitions });
  const custom = readDefinitions();
  const compiled = new Map<string, ValidateFunction>();
  const compile = (type: string): ValidateFunction | null => {
    const name = builtIn.kinds[type];
    const schema = name === undefined ? custom.get(type) : { $ref: `kubernetes#/definitions/${name}` };
    return schema === undefined ? null : ajv.compile<unknown>(schema);
  };
  return (object) => {
    const type = `${object.apiVersion}/${object.kind}`;
    const validate = compiled.get(type) ?? compile(type);
    if (validate === null) return [`${type} has no schema here`];
    compiled.set(type, validate);
    const isValid: boolean = validate(object);
    if (isValid) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra: unknown = params['additionalProperty'];
      return `${type} ${object.metadata.name}${instancePath} ${message}${typeof extra === 'string' ? `: ${extra}` : ''}`;
    });
  };
}

function readDefinitions(): ReadonlyMap<string, Schema> {
  const found = new Map<string, Schema>();
  for (const file of readdirSync(join(FOLDER, 'crds'))) {
    const { spec } = readJson<Definition>(join('crds', file));
    for (const { name, schema } of spec.versions) found.set(`${spec.group}/${name}/${spec.names.kind}`, closed(schema.openAPIV3Schema));
  }
  return found;
}

/**
 * A definition says what it knows; the server drops the rest, or refuses it where fields are validated. So what is not known
 * is a fault: every object with named members takes no others, unless it says that it does.
 */
function closed(schema: Schema, isRoot = true): Schema {
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] };
  const copy: Record<string, unknown> = { ...schema };
  // A flag of Go's expressions that JavaScript's do not have; the pattern is then not looked at.
  if (typeof copy['pattern'] === 'string' && copy['pattern'].includes('(?')) delete copy['pattern'];
  for (const member of ['items', 'additionalProperties', 'not']) if (isSchema(copy[member])) copy[member] = closed(copy[member], false);
  const { properties } = copy;
  if (!isSchema(properties)) return copy;
  copy['properties'] = Object.fromEntries(
    Object.entries(properties).map(([name, of]) => [name, isSchema(of) && !(isRoot && name === 'metadata') ? closed(of, false) : {}]),
  );
  if (copy['x-kubernetes-preserve-unknown-fields'] !== true) copy['additionalProperties'] ??= false;
  return copy;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson<T>(file: string): T {
  const value: T = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  return value;
}
