/** What a password must hold (H-76); 72 bytes are what bcrypt reads, and a longer one would be two passwords in one. */
export const PASSWORD_CHARACTERS_MIN = 8;
export const PASSWORD_BYTES_MAX = 72;

export interface PasswordRule {
  readonly code: string;
  readonly message: string;
}

interface CheckedRule extends PasswordRule {
  readonly holds: (password: string) => boolean;
}

const RULES: readonly CheckedRule[] = [
  {
    code: 'password_too_short',
    message: `has at least ${PASSWORD_CHARACTERS_MIN} characters`,
    holds: (password) => Array.from(password).length >= PASSWORD_CHARACTERS_MIN,
  },
  {
    code: 'password_too_long',
    message: `has at most ${PASSWORD_BYTES_MAX} bytes in UTF-8`,
    holds: (password) => utf8Bytes(password) <= PASSWORD_BYTES_MAX,
  },
  { code: 'password_without_upper_case', message: 'has an upper case letter', holds: (password) => /\p{Lu}/u.test(password) },
  { code: 'password_without_digit', message: 'has a digit', holds: (password) => /\p{Nd}/u.test(password) },
  {
    code: 'password_without_special',
    message: 'has a character that is neither letter nor digit',
    holds: (password) => /[^\p{L}\p{M}\p{N}]/u.test(password),
  },
  // bcrypt ends at the first of them.
  { code: 'password_with_nul', message: 'holds no U+0000', holds: (password) => !password.includes('\0') },
];

/** The rules that the password breaks, none where it is good. Never says anything of the password itself. */
export function brokenPasswordRules(password: string): readonly PasswordRule[] {
  return RULES.filter(({ holds }) => !holds(password)).map(({ code, message }) => ({ code, message }));
}

/** A lone surrogate counts as the three bytes of U+FFFD, which encoders put in its place. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
