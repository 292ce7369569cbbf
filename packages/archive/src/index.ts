export { createArchive } from './archive.ts';
export type { Archive, ArchiveDeps, ArchiveOutcome, RestoreOutcome } from './archive.ts';
export type { ArchiveErasure } from './erase-archived.ts';
export { createFolderStore } from './folder-store.ts';
export type { ObjectStore } from './object-store.ts';
export { tableParquet } from './table-parquet.ts';
export type { ParquetTable, TableColumn } from './table-parquet.ts';
export { createS3Store } from './s3-store.ts';
export type { S3Settings } from './s3-store.ts';
