import type { ObjectStore } from '@tidegate/archive';
import { requireSetting, setting, type Terminal } from './terminal.ts';

/** The object store that `<prefix>_S3_*` name; null: `<prefix>_S3_ENDPOINT` is not set. */
export async function s3Objects(
  terminal: Terminal,
  prefix: 'ARCHIVE' | 'BACKUP',
): Promise<{ readonly objects: ObjectStore; readonly place: string } | null> {
  const endpoint = setting(terminal, `${prefix}_S3_ENDPOINT`);
  if (endpoint === undefined) return null;
  const { createS3Store } = await import('@tidegate/archive');
  const bucket = requireSetting(terminal, `${prefix}_S3_BUCKET`);
  const objects = createS3Store({
    ...{ endpoint, bucket, region: setting(terminal, `${prefix}_S3_REGION`) ?? 'us-east-1' },
    accessKeyId: requireSetting(terminal, `${prefix}_S3_ACCESS_KEY_ID`),
    secretAccessKey: requireSetting(terminal, `${prefix}_S3_SECRET_ACCESS_KEY`),
  });
  return { objects, place: `${endpoint}/${bucket}` };
}
