import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createLogClient, createRecordBatch, NO_HEADERS, type LogClient } from '@tidegate/kafka';
import { startKafka, type KafkaServer } from '@tidegate/native';
import { defineConfig, kafkaFields, kafkaTarget, readConfig } from '@tidegate/runtime';
import { createCertificate } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REFUSED_MS = 3_000;
const PASSWORD = `pw-${randomBytes(9).toString('hex')}`;
const WRONG = `pw-${randomBytes(9).toString('hex')}`;
const certificate = createCertificate(Date.now());

/** The one listener, on which clients come in, speaks TLS and asks for a user and a password. */
function securedListener(): readonly string[] {
  const inOneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  return [
    'listener.security.protocol.map=PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN',
    'sasl.mechanism.inter.broker.protocol=PLAIN',
    `listener.name.plaintext.plain.sasl.jaas.config=${login} username="tidegate" password="${PASSWORD}" user_tidegate="${PASSWORD}";`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.certificate.chain=${inOneLine(certificate.cert)}`,
    `ssl.keystore.key=${inOneLine(certificate.key)}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.certificates=${inOneLine(certificate.cert)}`,
  ];
}

describe.each(['platformatic', 'kafkajs'] as const)('brokers with TLS and passwords, by %s', (kind) => {
  test('take and give records with the settings of a service', async () => {
    const topic = `secured-${kind}`;
    const client = await clientOf(kind, { KAFKA_SASL_PASSWORD: PASSWORD, KAFKA_TLS_CA: certificate.cert });
    const admin = client.createAdmin();
    await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }]);
    const producer = await client.createProducer();
    const batch = createRecordBatch();
    batch.add(null, Buffer.from('through TLS'), NO_HEADERS);
    expect(await producer.append(topic, 0, batch)).toMatchObject({ baseOffset: 0 });
    const values: string[] = [];
    const reader = client.createReader({
      onSlab: ({ bytes, valueStart, valueEnd }) => void values.push(Buffer.from(bytes.subarray(valueStart[0], valueEnd[0])).toString()),
      onOutOfRange: () => undefined,
    });
    reader.assign(topic, 0, 0);
    await expect.poll(() => values).toEqual(['through TLS']);
    const assigned: number[] = [];
    const member = await client.joinGroup({
      ...{ groupId: `${topic}-group`, topic, sessionTimeoutMs: 6_000 },
      onAssigned: (partitions) => void assigned.push(...partitions),
      onRevoked: () => undefined,
    });
    await expect.poll(() => assigned).toEqual([0]);
    await member.close();
    await reader.close();
    await producer.close();
    await admin.close();
    await client.close();
  });

  test.each([
    { what: 'a wrong password', env: { KAFKA_SASL_PASSWORD: WRONG, KAFKA_TLS_CA: certificate.cert } },
    { what: 'brokers that an unknown authority signed for', env: { KAFKA_SASL_PASSWORD: PASSWORD } },
  ])('$what: nothing is answered, and no password is in the error', async ({ env }) => {
    const client = await clientOf(kind, env);
    const admin = client.createAdmin();
    const asked = admin.clusterId().then(
      () => 'answered',
      (error: unknown) => inspect(error, { depth: 8, showHidden: true }),
    );
    // kafkajs goes on trying: what is certain after a while is that it has no answer.
    const answer = await Promise.race([asked, delay(REFUSED_MS, 'none yet', { ref: false })]);
    expect(answer).not.toBe('answered');
    expect(answer).not.toContain(PASSWORD);
    expect(answer).not.toContain(WRONG);
    await admin.close();
    await client.close();
  });
});

const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-kafka-'));
let kafka: KafkaServer;

async function clientOf(kind: 'platformatic' | 'kafkajs', env: Readonly<Record<string, string>>): Promise<LogClient> {
  const reading = readConfig(defineConfig('sample', kafkaFields), {
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_CLIENT: kind,
    KAFKA_SASL_MECHANISM: 'PLAIN',
    KAFKA_SASL_USERNAME: 'tidegate',
    KAFKA_TLS: 'true',
    ...env,
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return createLogClient({ ...kafkaTarget(reading.value), clientId: 'test' });
}

beforeAll(async () => {
  kafka = await startKafka({ dataDir, log: () => undefined, properties: securedListener() });
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
