import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';

/** What a text claims to be, before anybody has checked it: good for choosing whom to ask, and for nothing else. */
export interface TokenForm {
  readonly alg: string;
  readonly kid: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Longer than any token that carries rights, far shorter than what a header may hold. */
export const TOKEN_BYTES_MAX = 8_192;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/**
 * Members by which a token brings or names the key that is to check it, or changes how it is read (RFC 7515): whoever takes
 * them lets the sender choose the lock. `zip` is of encrypted tokens only.
 */
const REFUSED_MEMBERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const;
const HEADER = z.object({
  alg: z.string(),
  kid: z.string().optional(),
  typ: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['jwt', 'at+jwt', 'application/at+jwt']))
    .optional(),
});

/** Whether a credential means to be a token and no API key: every JSON object begins so in base64url. */
export function looksLikeToken(credential: string): boolean {
  return credential.startsWith('eyJ');
}

/** Null where it is no token that anybody here would check. */
export function readTokenForm(token: string): TokenForm | null {
  if (token.length > TOKEN_BYTES_MAX || !COMPACT.test(token)) return null;
  try {
    const header: Readonly<Record<string, unknown>> = decodeProtectedHeader(token);
    if (REFUSED_MEMBERS.some((member) => Object.hasOwn(header, member))) return null;
    const read = HEADER.safeParse(header);
    return read.success ? { alg: read.data.alg, kid: read.data.kid ?? null, claims: decodeJwt(token) } : null;
  } catch {
    return null;
  }
}
