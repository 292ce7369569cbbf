// buckets
export { createMemoryBuckets } from './buckets-memory.ts';
export type { MemoryBucketsOptions } from './buckets-memory.ts';
