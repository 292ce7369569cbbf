// connection
export { connectRedis, whenConnected } from './connect.ts';
export type { RedisAddress, RedisConnection, RedisOptions } from './connect.ts';

export { connectEither, connectRedisCluster } from './connect-cluster.ts';
export type { RedisClusterConnection, RedisClusterOptions } from './connect-cluster.ts';

// persons who are erased
export { countKeysOf, forgetPerson } from './forget-person.ts';

// buckets
export { bucketKey } from './buckets/bucket-key.ts';
export type { BucketOwner } from './buckets/bucket-key.ts';
export { createDenyCache } from './buckets/deny-cache.ts';
export type { DenyCache, DenyCacheOptions } from './buckets/deny-cache.ts';
export { createGroupCommit } from './buckets/group-commit.ts';
export type { GroupCommitOptions } from './buckets/group-commit.ts';
export { createMemoryBuckets } from './buckets-memory.ts';
export type { MemoryBuckets, MemoryBucketsOptions } from './buckets-memory.ts';
export type { BucketAnswer, BucketAsk, BucketDecision, Buckets } from './buckets/port.ts';
export { createRedisBuckets } from './buckets/redis-buckets.ts';
export type { RedisBucketsOptions } from './buckets/redis-buckets.ts';

// tokens that are refused before they end
export { createDeniedTokens } from './denied-tokens.ts';
export type { DeniedToken, DeniedTokens } from './denied-tokens.ts';

// cells
export { CELL_LIMITS, CHANGES_KEPT } from './cell-store.ts';
export type {
  Advance,
  Advanced,
  AdvanceOutcome,
  CellLimits,
  CellStore,
  ChunkContent,
  ChunkName,
  ChunkReading,
  ChunkVersion,
  FillOutcome,
  MaterialisedProgress,
  NewEpoch,
  PartitionProgress,
  PlacedCell,
  ReadContent,
  ChangedMarks,
  TenantNames,
} from './cell-store.ts';
export { createRedisCells } from './cells.ts';
export type { RedisCellsOptions } from './cells.ts';

// newest events
export { createRecentSets, RECENT_KEPT } from './recent-sets.ts';
export type { RecentFill, RecentLook, RecentMember, RecentPage, RecentRange, RecentSets } from './recent-sets.ts';

// figures
export { createKeptFigures } from './kept-figures.ts';
export type { CacheCounts, ClassCounts, ClassHour, FiguresBatch, KeptFigures, KeptName, NameCounts } from './kept-figures.ts';
