import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { makePrivateFolder, repositoryRoot } from './home.ts';
import type { KafkaPackage } from './kafka-package.ts';
import { freePort, startOnPorts } from './port.ts';
import { acceptsConnections, waitUntil } from './readiness.ts';
import { runTool } from './tool.ts';

/** `serve`: the JIT's second stage on and room to work; `test`: a small heap and a quick start. */
export type Tuning = 'serve' | 'test';

export interface KafkaOptions {
  readonly home: ProcessHome;
  readonly package: KafkaPackage;
  readonly tuning: Tuning;
  /** Fixed where a broker has to come back at the same address; else a free one. */
  readonly port?: number;
  /** Lines of server.properties that stand in for ours of the same name. */
  readonly properties?: readonly string[];
}

/** A broker that a drill may stop, kill and bring back at the same address with the same data. */
export interface KafkaServer {
  readonly brokers: string;
  readonly port: number;
  readonly pid: () => number;
  readonly process: () => RunningProcess;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`; resolves when it accepts connections. */
  restart(): Promise<void>;
}

/**
 * The simple collector and the first compiler only: a broker of one machine shares its cores with everything else, and the
 * second compiler's threads kept them busy for the first minutes (docs/adr/0010-small-pauses.md).
 */
const JVM_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const HEAP: Readonly<Record<Tuning, string>> = { serve: '-Xmx512m', test: '-Xmx256m' };

/** Single-node Kafka in KRaft mode: broker and controller in one process, on loopback only. */
export async function startKafkaServer(options: KafkaOptions): Promise<KafkaServer> {
  const folder = makePrivateFolder(join(options.home.dataDir, 'kafka'));
  const properties = join(folder, 'server.properties');
  const choose = async (): Promise<BrokerPorts> => ({ port: options.port ?? (await freePort()), controllerPort: await freePort() });
  const portsOf = ({ port, controllerPort }: BrokerPorts): number[] => [port, controllerPort];
  const started = await startOnPorts({ choose, portsOf }, async (ports) => {
    writeFileSync(
      properties,
      `${serverProperties({ ...ports, logDir: join(folder, 'log') })}${(options.properties ?? []).map((line) => `${line}\n`).join('')}`,
      { mode: 0o600 },
    );
    await formatOnce(options, folder, properties);
    return { port: ports.port, running: await launchBroker(options, properties, ports.port) };
  });
  const { port } = started;
  let { running } = started;
  const restart = async (): Promise<void> => {
    if (!running.isAlive()) running = await launchBroker(options, properties, port);
  };
  return {
    brokers: `127.0.0.1:${port}`,
    port,
    pid: () => running.pid,
    process: () => running,
    stop: () => running.stop(40_000),
    kill: () => running.kill(),
    restart,
  };
}

interface BrokerPorts {
  readonly port: number;
  readonly controllerPort: number;
}

async function launchBroker(options: KafkaOptions, properties: string, port: number): Promise<RunningProcess> {
  const archive = classArchive(options.package);
  const log4j = `-Dlog4j2.configurationFile=${join(repositoryRoot, 'infra/native/kafka/log4j2.properties')}`;
  const args = [HEAP[options.tuning], ...JVM_FLAGS, ...archive.flags, log4j, '-cp', options.package.classPath, 'kafka.Kafka', properties];
  const running = launchProcess(options.home, { name: 'kafka', command: options.package.java, args });
  void running.exited.then(archive.keep);
  await waitUntil({ what: 'Kafka', process: running, withinMs: 120_000, isReady: () => acceptsConnections(running, port) });
  return running;
}

async function formatOnce(options: KafkaOptions, folder: string, properties: string): Promise<void> {
  if (existsSync(join(folder, 'log', 'meta.properties'))) return;
  rmSync(join(folder, 'log'), { recursive: true, force: true });
  const clusterId = newClusterId();
  const jvm = ['-Xmx128m', ...JVM_FLAGS, '-cp', options.package.classPath];
  const args = [...jvm, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  await runTool({ command: options.package.java, args, owner: options.home.dataDir });
}

/**
 * A random id of the form that Kafka makes: 16 bytes in base64url. One with a leading hyphen is drawn again, as Kafka does,
 * because its tools would read it as an option (1 in 64 would be such).
 */
export function newClusterId(draw: () => Buffer = () => randomBytes(16)): string {
  const id = draw().toString('base64url');
  return id.startsWith('-') ? newClusterId(draw) : id;
}

/**
 * Class data of the broker, written by the JVM at the end of its first orderly run and mapped by later ones: it halves the
 * time to the first answer. A JVM that cannot use the file (other version, other class path) runs without it.
 */
function classArchive(kafka: KafkaPackage): { flags: readonly string[]; keep: () => void } {
  const file = join(kafka.folder, 'classes-serial.jsa');
  if (existsSync(file))
    return { flags: [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'], keep: () => undefined };
  const fresh = join(kafka.folder, `classes-serial-${process.pid}-${randomBytes(4).toString('hex')}.new`);
  const keep = (): void => {
    if (existsSync(fresh)) renameSync(fresh, file);
  };
  return { flags: [`-XX:ArchiveClassesAtExit=${fresh}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'], keep };
}

/** Every setting that differs from Kafka's default, with one replica of everything because there is one broker. */
export function serverProperties(at: BrokerPorts & { readonly logDir: string }): string {
  return `${[
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${at.controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${at.port},CONTROLLER://127.0.0.1:${at.controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${at.port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${at.logDir}`,
    'num.partitions=12',
    'num.network.threads=2',
    'num.io.threads=2',
    'offsets.topic.num.partitions=4',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // Drills let a dead member be noticed sooner than the broker's default floor of 6 s allows.
    'group.min.session.timeout.ms=1000',
    'auto.create.topics.enable=false',
    // A local broker holds a few megabytes: the defaults set aside 1 GB segments and a 128 MB buffer in the heap.
    'log.segment.bytes=67108864',
    'log.cleaner.dedupe.buffer.size=8388608',
    // Left alone, the kernel writes 30 seconds of the log at once, and a commit of Postgres waits 250 ms behind it.
    'log.flush.interval.ms=1000',
    'log.flush.scheduler.interval.ms=1000',
  ].join('\n')}\n`;
}
