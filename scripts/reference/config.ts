import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigDefinition } from '@tidegate/runtime';
import { root } from '../command.ts';
import { page, table } from './markdown.ts';

/** `docs/reference/config.md`: the environment variables of every service, from the values that the services load. */
export async function configPage(): Promise<string> {
  const definitions = await configDefinitions();
  const sections = definitions.map((definition) => {
    const fields = Object.values(definition.fields).toSorted((one, other) => one.env.localeCompare(other.env));
    const rows = fields.map((field) => [
      `\`${field.env}\``,
      field.default === undefined ? 'required' : `\`${field.default}\``,
      field.secret === true ? `yes, or \`${field.env}_FILE\`` : '',
      field.description,
    ]);
    return [`## ${definition.service}`, table(['variable', 'default', 'secret', 'meaning'], rows)].join('\n\n');
  });
  return page(
    'Settings',
    'Services are set by environment variables alone. A secret may stand in a file instead, named by the variable with `_FILE` added. A start with wrong settings names every wrong variable at once, prints no value, and exits with 78.',
    ...sections,
  );
}

/** Of every service. */
export function configDefinitions(): Promise<readonly ConfigDefinition[]> {
  return Promise.all(serviceConfigs().map(importConfig));
}

function serviceConfigs(): readonly string[] {
  const services = readdirSync(join(root, 'services')).toSorted();
  return services.map((service) => join(root, 'services', service, 'src/config.ts')).filter((path) => existsSync(path));
}

/** The one definition that a service's `config.ts` exports. */
async function importConfig(path: string): Promise<ConfigDefinition> {
  const module: Readonly<Record<string, unknown>> = await import(path);
  const definitions = Object.values(module).filter(isDefinition);
  const [definition] = definitions;
  if (definition === undefined || definitions.length > 1)
    throw new Error(`${path} must export exactly one definition made by defineConfig`);
  return definition;
}

function isDefinition(value: unknown): value is ConfigDefinition {
  return typeof value === 'object' && value !== null && 'service' in value && 'fields' in value;
}
