import type { ConfigField } from './config.ts';
import { ConfigError } from './config.ts';
import { text } from './text-schema.ts';

/** Where Kafka is and how it is entered: spread them all into the `defineConfig` of a service that uses it. */
export const kafkaFields = {
  kafkaBrokers: {
    env: 'KAFKA_BROKERS',
    schema: text.hostPorts(),
    description: 'Kafka brokers to begin with, `host:port`, comma separated.',
  } satisfies ConfigField<readonly string[]>,
  kafkaClient: {
    env: 'KAFKA_CLIENT',
    schema: text.choice(['platformatic', 'kafkajs']),
    default: 'platformatic',
    description: 'Which Kafka client library stands behind the port.',
  } satisfies ConfigField<'platformatic' | 'kafkajs'>,
  kafkaSaslMechanism: {
    env: 'KAFKA_SASL_MECHANISM',
    schema: text.choice(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    default: 'none',
    description: 'How the brokers are told who asks; `none`: they do not ask.',
  } satisfies ConfigField<'none' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'>,
  kafkaSaslUsername: {
    env: 'KAFKA_SASL_USERNAME',
    schema: text.maybe(),
    default: '',
    description: 'User of the brokers, where a mechanism is set.',
  } satisfies ConfigField<string>,
  kafkaSaslPassword: {
    env: 'KAFKA_SASL_PASSWORD',
    schema: text.maybe(),
    default: '',
    description: 'Password of that user.',
    secret: true,
  } satisfies ConfigField<string>,
  kafkaTls: {
    env: 'KAFKA_TLS',
    schema: text.flag(),
    default: 'false',
    description: 'Whether the brokers are reached by TLS.',
  } satisfies ConfigField<boolean>,
  kafkaTlsCa: {
    env: 'KAFKA_TLS_CA',
    schema: text.maybe(),
    default: '',
    description: "PEM of the authorities that sign for the brokers; empty: the runtime's own.",
    secret: true,
  } satisfies ConfigField<string>,
} as const;

/** Values of `kafkaFields`. */
export interface KafkaSettings {
  readonly kafkaBrokers: readonly string[];
  readonly kafkaClient: 'platformatic' | 'kafkajs';
  readonly kafkaSaslMechanism: 'none' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly kafkaSaslUsername: string;
  readonly kafkaSaslPassword: string;
  readonly kafkaTls: boolean;
  readonly kafkaTlsCa: string;
}

export interface KafkaTarget {
  readonly kind: 'platformatic' | 'kafkajs';
  readonly brokers: readonly string[];
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
  readonly ssl?: { readonly ca?: string };
}

/**
 * What a client is made with.
 * @throws ConfigError where a mechanism lacks its user or password, or either stands without one: it would be left unused
 */
export function kafkaTarget(settings: KafkaSettings): KafkaTarget {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = settings;
  const { kafkaTls, kafkaTlsCa: ca } = settings;
  const ssl = kafkaTls ? { ssl: ca === '' ? {} : { ca } } : {};
  const target = { kind: settings.kafkaClient, brokers: settings.kafkaBrokers, ...ssl };
  if (!kafkaTls && ca !== '') refuse('KAFKA_TLS', 'must be true where KAFKA_TLS_CA is set');
  if (mechanism === 'none') {
    if (username !== '' || password !== '') refuse('KAFKA_SASL_MECHANISM', 'must be set where a user or password is');
    return target;
  }
  if (username === '') refuse('KAFKA_SASL_USERNAME', 'must be set where KAFKA_SASL_MECHANISM is');
  if (password === '') refuse('KAFKA_SASL_PASSWORD', 'must be set where KAFKA_SASL_MECHANISM is');
  return { ...target, sasl: { mechanism, username, password } };
}

function refuse(env: string, problem: string): never {
  throw new ConfigError('kafka', [{ env, problem }]);
}
