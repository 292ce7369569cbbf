// cells
export { CELL_LIMITS } from './cell-store.ts';
export type {
  Advance,
  AdvanceOutcome,
  CellLimits,
  CellStore,
  ChunkContent,
  ChunkName,
  ChunkReading,
  ChunkVersion,
  MaterialisedProgress,
  NewEpoch,
  PartitionProgress,
  PlacedCell,
} from './cell-store.ts';
export { createRedisCells } from './cells.ts';
export type { RedisCellsOptions } from './cells.ts';
