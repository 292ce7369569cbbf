import type { ConfigField } from './config.ts';
import { text } from './text-schema.ts';

/** Settings that several services have: spread the ones a service needs into its `defineConfig`. */
export const sharedFields = {
  topicPrefix: {
    env: 'TOPIC_PREFIX',
    schema: text.line(),
    default: 'tidegate.',
    description: 'Begins every topic and group name, so that several installations can share brokers.',
  } satisfies ConfigField<string>,
  redisPrefix: {
    env: 'REDIS_PREFIX',
    schema: text.line(),
    default: 'tg',
    description: 'Begins every Redis key, so that several installations can share a server.',
  } satisfies ConfigField<string>,
  listenHost: {
    env: 'LISTEN_HOST',
    schema: text.line(),
    default: '127.0.0.1',
    description: 'Address the service listens on.',
  } satisfies ConfigField<string>,
  pseudonymSecret: {
    env: 'PSEUDONYM_SECRET',
    schema: text.secret(),
    description: 'At least 32 bytes. Pseudonyms, identities and topic keys derive from it; it never changes.',
    secret: true,
    isDrawn: true,
  } satisfies ConfigField<Uint8Array>,
  fieldKeys: {
    env: 'FIELD_KEYS',
    schema: text.keys(),
    description:
      'Base64 keys of 32 bytes, comma separated, the first is current. They seal refused originals and wrap the keys of persons.',
    secret: true,
    isDrawn: true,
  } satisfies ConfigField<readonly Uint8Array[]>,
  secretKey: {
    env: 'SECRET_KEY',
    schema: text.secret(),
    description:
      'At least 32 bytes. Receipts, cursors and the headers between the services are sealed and signed with keys derived from it.',
    secret: true,
    isDrawn: true,
  } satisfies ConfigField<Uint8Array>,
  rejectedBytesPerDay: {
    env: 'REJECTED_MB_PER_DAY',
    schema: text.megabytes({ min: 1, max: 1_048_576 }),
    default: '256',
    description:
      'What is kept of one tenant’s refused events of a day, in MB, about equally in each partition. Beyond it ingest leaves the original out and they are counted by reason alone.',
  } satisfies ConfigField<number>,
} as const;
