import { GenericContainer, getContainerRuntimeClient, Wait, type StartedTestContainer } from 'testcontainers';
import { freePort } from './port.ts';

export interface ContainerServer {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** The last way to a server: an official image, where a Docker engine answers. Null where none does. */
export async function startInContainer(server: 'kafka' | 'postgres' | 'redis'): Promise<ContainerServer | null> {
  if (!(await dockerAnswers())) return null;
  const start = { kafka: startKafka, postgres: startPostgres, redis: startRedis }[server];
  return start();
}

async function dockerAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

async function startPostgres(): Promise<ContainerServer> {
  const port = await freePort();
  const container = await new GenericContainer('postgres:18')
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withCommand(['postgres', '-c', 'max_connections=300', '-c', 'wal_level=logical', '-c', 'max_locks_per_transaction=256'])
    .withExposedPorts({ container: 5432, host: port })
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return handle(container, `postgres://postgres@127.0.0.1:${port}/postgres`);
}

async function startRedis(): Promise<ContainerServer> {
  const port = await freePort();
  const container = await new GenericContainer('redis:8').withExposedPorts({ container: 6379, host: port }).start();
  return handle(container, `redis://127.0.0.1:${port}`);
}

/** Clients are sent to the advertised address, so it has to be the port on this machine, known before the start. */
async function startKafka(): Promise<ContainerServer> {
  const port = await freePort();
  const container = await new GenericContainer('apache/kafka:4.3.1')
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return handle(container, `127.0.0.1:${port}`);
}

function handle(container: StartedTestContainer, address: string): ContainerServer {
  return {
    address,
    stop: async () => {
      await container.stop();
    },
  };
}
