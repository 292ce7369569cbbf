import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { parse } from 'yaml';

export const ALERTS_FOLDER: string = join(repositoryRoot, 'infra/alerts');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Alert extends Rule {
  readonly alert: string;
}

export function readRules(): readonly Rule[] {
  return ruleFiles().flatMap((file) => {
    const { groups } = parse(readFileSync(file, 'utf8')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  });
}

export function readAlerts(): readonly Alert[] {
  return readRules().filter((rule): rule is Alert => rule.alert !== undefined);
}

export function ruleFiles(): readonly string[] {
  return readdirSync(ALERTS_FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(ALERTS_FOLDER, name));
}
