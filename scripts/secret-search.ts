import type { SourceText } from './code-list.ts';

interface Kind {
  readonly name: string;
  readonly form: RegExp;
  /** What is found counts only where this holds; absent: always. */
  readonly counts?: (found: string, file: string) => boolean;
}

const isTest = (file: string): boolean => /\.test\.ts$|(^|\/)test\//.test(file);

/** Forms that are secrets by themselves, and values given to names that promise one. */
const KINDS: readonly Kind[] = [
  { name: 'a private key', form: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}/g },
  // One that repeats a character nine times was not drawn: it stands for a key in tests.
  { name: 'an API key', form: /\btg_(?:live|pub)_[0-9A-Za-z]{33}\b/g, counts: (found) => !/(.)\1{8}/.test(found) },
  {
    name: 'a key of a cloud or forge',
    form: /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[abps]-[0-9A-Za-z-]{20,}|sk-[0-9A-Za-z_-]{32,})\b/g,
  },
  // A test may show that a password in a URL is not repeated; what is deployed may not hold one.
  {
    name: 'a password in a URL',
    form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@$"'`<>{}]*:[^\s@/$"'`<>{}]+@/gi,
    counts: (_, file) => !isTest(file),
  },
  // `${NAME:-value}`: the value is what stands where nobody chose one.
  { name: 'a default for a secret', form: /\$\{[A-Z_]*(?:PASSWORD|SECRET|TOKEN|_KEYS?):?-[^}]+\}/g },
  {
    name: 'a value of a secret',
    form: /^\s*(?:- )?["']?[A-Z_]*(?:PASSWORD|SECRET|TOKEN|SECRET_KEY|FIELD_KEYS)["']?\s*[:=]\s*["']?[^\s"'$`{}<>()|,;]{8,}["']?\s*$/gm,
    counts: (_, file) => /(^|\/)(\.env[^/]*|Dockerfile|[^/]+\.(?:ya?ml|json|toml|properties|conf|ini|sh))$/.test(file),
  },
];

/** Where secrets stand in the texts: file, line and kind, and never the secret. Empty when there are none. */
export function secretProblems(sources: readonly SourceText[]): readonly string[] {
  return sources.flatMap(({ file, text }) =>
    KINDS.flatMap(({ name, form, counts }) =>
      [...text.matchAll(form)]
        .filter(([found]) => counts?.(found, file) ?? true)
        .map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}: ${name}`),
    ),
  );
}
