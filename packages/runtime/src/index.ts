export type {
  AuditChain,
  AuditEntry,
  AuditLink,
  AuditTotal,
  ChainCheck,
  ChainEnds,
  ChainFault,
  ChainFinding,
  ChainPlace,
} from './audit-chain.ts';
export { auditHash, CHAIN_START, checkChainEnd, createAuditChain, createChainCheck } from './audit-chain.ts';
export type { Clock, Random } from './clock.ts';
export { systemClock, systemRandom } from './clock.ts';
export type { ConfigDefinition, ConfigFault, ConfigField, ConfigFields, ConfigReading, ConfigValues, Environment } from './config.ts';
export { ConfigError, defineConfig, loadConfig, readConfig } from './config.ts';
export type { DatabaseSettings } from './database-fields.ts';
export { telemetryFields, telemetryTarget } from './telemetry-fields.ts';
export { databaseFields, databaseTarget, databaseUrlOf, directDatabaseField, directDatabaseUrlOf } from './database-fields.ts';
export { gatherWrites } from './gather-writes.ts';
export { createDeadline, DeadlinePassed } from './deadline.ts';
export { createInFlight, enterUntilSettled } from './in-flight.ts';
export type { KafkaSettings, KafkaTarget } from './kafka-fields.ts';
export { kafkaFields, kafkaTarget } from './kafka-fields.ts';
export { deriveKey } from './key-derivation.ts';
export type { PersonKey, SealedPlace } from './person-key.ts';
export { keyIdOf, openField, openId, sealField, sealId } from './person-key.ts';
export type { KeyHolder, KeyWrapper, WrappedPersonKey } from './person-key-wrapping.ts';
export { createKeyWrapper } from './person-key-wrapping.ts';
export { createPseudonymHmac } from './pseudonym.ts';
export type { OpenOriginal } from './refused-original.ts';
export { createOpenOriginal, isAbout, ORIGINAL_BYTES_MAX, rejectedSealer, SEALED_ORIGINAL_VERSION } from './refused-original.ts';
export type { RedisClusterTarget, RedisNode, RedisSettings, RedisTarget } from './redis-fields.ts';
export { redisClusterField, redisClusterTarget, redisFields, redisTarget } from './redis-fields.ts';
export type { Backoff, RetryOptions } from './retry.ts';
export { backoffMs, pause, retry } from './retry.ts';
export type { Sealer } from './sealing.ts';
export { archiveSealers, createRepeatableSealer, createSealer } from './sealing.ts';
export type { RunningService, ServiceContext, ServiceProcess } from './service.ts';
export { runService } from './service.ts';
export { sharedFields } from './shared-fields.ts';
export { text } from './text-schema.ts';
export type { TakeTurn } from './turns.ts';
export { createTurns, Overloaded } from './turns.ts';
export { isWeakSecret } from './weak-secret.ts';
export { writeWhole } from './write-whole.ts';
