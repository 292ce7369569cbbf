import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets of a local installation, made at its first start and kept in its data folder. */
export interface Secrets {
  readonly pseudonymSecret: string;
  readonly fieldKeys: string;
  readonly secretKey: string;
  /** Of the demo tenant; absent until it is seeded. */
  readonly apiKey?: string;
  readonly adminKey?: string;
}

/** Only the owner of the data folder can read the file. A damaged one is an error: with other secrets old data is unreadable. */
export function loadSecrets(dataDir: string): Secrets {
  const file = secretsFile(dataDir);
  if (!existsSync(file)) {
    const made: Secrets = { pseudonymSecret: newSecret(), fieldKeys: newSecret(), secretKey: newSecret() };
    saveSecrets(dataDir, made);
    return made;
  }
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isSecrets(value)) throw new Error(`${file} does not hold the secrets of an installation`);
  return value;
}

export function saveSecrets(dataDir: string, secrets: Secrets): void {
  const file = secretsFile(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The variables under which the services read them. */
export function secretSettings(secrets: Secrets): Readonly<Record<string, string>> {
  return { PSEUDONYM_SECRET: secrets.pseudonymSecret, FIELD_KEYS: secrets.fieldKeys, SECRET_KEY: secrets.secretKey };
}

function isSecrets(value: unknown): value is Secrets {
  if (typeof value !== 'object' || value === null) return false;
  const { pseudonymSecret, fieldKeys, secretKey } = value as Partial<Secrets>;
  return [pseudonymSecret, fieldKeys, secretKey].every((secret) => typeof secret === 'string' && secret.length >= 32);
}

function newSecret(): string {
  return randomBytes(32).toString('base64');
}

function secretsFile(dataDir: string): string {
  return join(dataDir, 'secrets.json');
}
