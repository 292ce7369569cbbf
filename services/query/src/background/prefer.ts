/** What a caller says of waiting (RFC 7240). */
export interface Preference {
  /** A job is welcome in place of an answer that takes long. */
  readonly isAsync: boolean;
  /** How long the caller would rather wait; null: as the installation has it. */
  readonly waitMs: number | null;
}

const WAIT_S_MAX = 30;

export function preferenceOf(header: string | readonly string[] | undefined): Preference {
  const words = (typeof header === 'string' ? [header] : (header ?? []))
    .flatMap((one) => one.split(','))
    .map((one) => one.trim().toLowerCase());
  const wait = words.map((word) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(word)?.[1]).find((found) => found !== undefined);
  return { isAsync: words.includes('respond-async'), waitMs: wait === undefined ? null : 1_000 * Math.min(WAIT_S_MAX, Number(wait)) };
}
