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

/** The name of a member as texts quote it before its value: `"room": `, `room=`, `(room)=`. */
const MEMBER = /(["'`]?)\b([A-Za-z_]\w{0,63})\1\)?\s*[:=]\s*/g;
/** What stands there: quoted, in brackets, or up to the next comma or the end; any may be cut off. */
const VALUE = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\([^)]*\)?|\[[^\]]*\]?|\{[^}]*\}?|[^,;\n)\]}]+/y;

/** Names of members that packs mark as being about persons. They only become more: events of earlier versions are still about. */
export class FieldMarks {
  private readonly names = new Set<string>();

  add(names: Iterable<string>): void {
    for (const name of names) this.names.add(name);
  }

  /** Whether the member, or the last of a path of members, is marked. */
  holds(name: string): boolean {
    return this.names.size > 0 && this.names.has(name.slice(name.lastIndexOf('.') + 1));
  }

  /** Takes values out of a text that stand beside a marked name. */
  scrub(text: string): string {
    if (this.names.size === 0) return text;
    let scrubbed = '';
    let done = 0;
    for (const found of text.matchAll(MEMBER)) {
      const [{ length }, , name = ''] = found;
      const at = found.index + length;
      if (found.index < done || !this.names.has(name)) continue;
      VALUE.lastIndex = at;
      scrubbed += text.slice(done, at) + REDACTED;
      done = at + (VALUE.exec(text)?.[0].length ?? 0);
    }
    return scrubbed + text.slice(done);
  }
}
