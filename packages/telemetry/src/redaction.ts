const PSEUDONYM = /^[0-9a-f]{64}$/;
const EMAIL = /[^\s@"'<>()]{1,64}@[^\s@"'<>()]{1,255}\.[a-z]{2,}/gi;
const CREDENTIAL = /\b(?:bearer\s+\S+|basic\s+\S+|tg[a-z]?_[A-Za-z0-9_-]{8,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+)/gi;
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;
/** Members that are never written whatever they hold. */
const SENSITIVE_NAME =
  /(^|_)(authorization|cookie|password|passwd|secret|token|api_?key|private_?key|subject|e?mail|phone|address|body|payload|data|name)$/i;

export const REDACTED = '[redacted]';

/** The pseudonym itself, or `[redacted]`: a caller's plain id never reaches a log line, even by mistake. */
export function pseudonymOnly(userId: string): string {
  return PSEUDONYM.test(userId) ? userId : REDACTED;
}

/** Takes e-mail addresses, credentials and passwords inside URLs out of a text. */
export function scrubText(value: string): string {
  return value.replace(URL_PASSWORD, `$1${REDACTED}@`).replace(EMAIL, REDACTED).replace(CREDENTIAL, REDACTED);
}

/** Whether a member of this name may be written at all. */
export function isSensitiveName(name: string): boolean {
  return SENSITIVE_NAME.test(name);
}
