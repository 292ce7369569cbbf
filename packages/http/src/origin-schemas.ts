import { z } from 'zod';

/** `https://app.example.com`, with a port where it is not the usual one; or `*` for all pages. */
const ORIGIN = z
  .string()
  .max(300)
  .refine((text) => text === '*' || isOrigin(text), { message: 'must be scheme, host and port as a browser sends them, or *' });

/** Exactly as browsers write it: lower case, no path, no port that the scheme has anyway. */
function isOrigin(text: string): boolean {
  return /^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

export const ORIGINS_REQUEST_SCHEMA = z
  .strictObject({ origins: z.array(ORIGIN).max(200).meta({ description: 'Pages that may read answers; `*`: all.' }) })
  .meta({ id: 'Origins' });
