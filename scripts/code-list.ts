export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** zod's own name for a refinement; not a code that a caller sees. */
const NOT_OURS = new Set(['custom']);

/** What is wrong between the codes in the source and the list of them; empty when they agree. */
export function codeProblems(sources: readonly SourceText[], listed: readonly string[]): readonly string[] {
  const known = new Set(listed);
  const unlisted = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\bcode: '([a-z][a-z0-9_]*)'/g)]
      .map((match) => match[1] ?? '')
      .filter((code) => !known.has(code) && !NOT_OURS.has(code))
      .map((code) => `${file}: the code ${code} is not in packages/core/src/fault/codes.ts`),
  );
  const unused = listed.filter((code) => !sources.some(({ text }) => text.includes(`'${code}'`)));
  return [...unlisted, ...unused.map((code) => `the code ${code} is in the list, but nothing answers with it`)];
}
