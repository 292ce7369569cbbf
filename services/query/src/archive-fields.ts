import type { OpenArchive } from '@tidegate/postgres';
import type { ConfigField, ConfigValues } from '@tidegate/runtime';
import { archiveSealers, defineConfig, text } from '@tidegate/runtime';
import { inTurns } from './archive-turns.ts';

export const NO_ARCHIVE = 'none';

/** Where the archive is (docs/design/archive.md); the same settings as of `tidegate archive`. */
export const archiveFields = {
  archiveFolder: {
    env: 'ARCHIVE_FOLDER',
    schema: text.line(),
    default: NO_ARCHIVE,
    description: 'Folder of the archive, where there is no object store; `none`: events that are in the archive alone are not read.',
  } satisfies ConfigField<string>,
  archiveEndpoint: {
    env: 'ARCHIVE_S3_ENDPOINT',
    schema: text.url(['http', 'https']).or(text.choice([NO_ARCHIVE])),
    default: NO_ARCHIVE,
    description: 'Object store of the archive, with the S3 API; it goes before the folder.',
  } satisfies ConfigField<string>,
  archiveBucket: {
    env: 'ARCHIVE_S3_BUCKET',
    schema: text.line(),
    default: 'tidegate-archive',
    description: 'Its bucket.',
  } satisfies ConfigField<string>,
  archiveRegion: {
    env: 'ARCHIVE_S3_REGION',
    schema: text.line(),
    default: 'us-east-1',
    description: 'Its region.',
  } satisfies ConfigField<string>,
  archiveAccessKeyId: {
    env: 'ARCHIVE_S3_ACCESS_KEY_ID',
    schema: text.maybe(),
    default: '',
    description: 'Reads are enough.',
    secret: true,
  } satisfies ConfigField<string>,
  archiveSecretAccessKey: {
    env: 'ARCHIVE_S3_SECRET_ACCESS_KEY',
    schema: text.maybe(),
    default: '',
    description: 'Of that key.',
    secret: true,
  } satisfies ConfigField<string>,
  archiveBytesMax: {
    env: 'ARCHIVE_READ_MB_MAX',
    schema: text.megabytes({ min: 1, max: 1_048_576 }),
    default: '1024',
    description: 'Most files of the archive, in MB as they are stored, that one question or export opens.',
  } satisfies ConfigField<number>,
} as const;

/** Each reading takes up to 512 MB of memory, beside the answers of others. */
const READINGS_MAX = 2;
const PARTS = defineConfig('archive', archiveFields);

/** DuckDB is loaded by the first reading of the archive. Null: it was not told where that is. */
export function archiveOf(config: ConfigValues<typeof PARTS>, fieldKeys: readonly Uint8Array[]): OpenArchive | null {
  const { archiveFolder: folder, archiveEndpoint: endpoint, archiveBytesMax: bytesMax } = config;
  if (folder === NO_ARCHIVE && endpoint === NO_ARCHIVE) return null;
  let opening: Promise<OpenArchive> | null = null;
  async function open(): Promise<OpenArchive> {
    const { createArchiveReader, createFolderStore, createS3Store } = await import('@tidegate/archive');
    const {
      archiveBucket: bucket,
      archiveRegion: region,
      archiveAccessKeyId: accessKeyId,
      archiveSecretAccessKey: secretAccessKey,
    } = config;
    const objects =
      endpoint === NO_ARCHIVE ? createFolderStore(folder) : createS3Store({ endpoint, bucket, region, accessKeyId, secretAccessKey });
    return createArchiveReader({ objects, sealersOf: archiveSealers(fieldKeys), bytesMax });
  }
  return inTurns(async (...asked) => (await (opening ??= open()))(...asked), READINGS_MAX);
}
