export {
  postgresPrograms,
  startDatabase,
  startKafka,
  startRedisServer,
  startReplica,
  startServers,
  type ServerOptions,
  type Servers,
} from './servers.ts';
export type { RedisServer } from './redis-server.ts';
export { startRedisCluster, type RedisCluster } from './redis-cluster.ts';
export { serverProperties, type KafkaServer, type Tuning } from './kafka-server.ts';
export { createProgress, type Progress } from './progress.ts';
export { homeOf, repositoryRoot } from './home.ts';
export { loadSecrets } from './secrets.ts';
export { markedProcesses } from './process-record.ts';
export type { ServerAddresses } from './installation.ts';
export { startTidegate, type FrontedService, type Tidegate, type TidegateOptions } from './tidegate.ts';
export { SERVICE_FLAGS, serviceFlags } from './supervisor.ts';
export type { Supervisor } from './supervisor.ts';
export { provideKafkaTools } from './kafka-tools.ts';
export {
  provideDeployTools,
  provideHadolint,
  providePrometheus,
  providePromtool,
  provideZizmor,
  type DeployTools,
} from './deploy-tools.ts';
export { startPgBouncer, type PgBouncer } from './pgbouncer.ts';
export { startPrometheus, type Prometheus } from './prometheus.ts';
export { startControlPlane, type ControlPlane } from './control-plane.ts';
export { databaseSettings, startDatabaseTier, type DatabaseTier } from './data-tier/database-tier.ts';
export { isWhole, type Member, type MemberState } from './data-tier/patroni.ts';
export { signalAll, treeOf } from './process-tree.ts';
export { startNginx, type Nginx } from './data-tier/nginx.ts';
