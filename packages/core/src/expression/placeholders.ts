/** Where in a text of a pack `${…}` stands. */
export type TextPart = { readonly kind: 'text' | 'expression'; readonly text: string };

/** `$${` is a `${` as it stands. An expression ends with the brace that is neither in a text of its own nor closes one of its own. Null: none does. */
export function placeholdersIn(text: string): readonly TextPart[] | null {
  const parts: TextPart[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = endOf(text, at + 2);
      if (end < 0) return null;
      if (plain !== '') parts.push({ kind: 'text', text: plain });
      parts.push({ kind: 'expression', text: text.slice(at + 2, end) });
      plain = '';
      at = end + 1;
    } else {
      plain += text[at] ?? '';
      at += 1;
    }
  }
  if (plain !== '' || parts.length === 0) parts.push({ kind: 'text', text: plain });
  return parts;
}

/** What counts of an expression: braces, and texts of its own whole, whose braces do not count. */
const TOKEN = /[{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs;

/** Place of the brace that closes the expression which begins at `start`; -1: none does. */
function endOf(text: string, start: number): number {
  let depth = 0;
  TOKEN.lastIndex = start;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    if (token[0] === '}' && depth === 0) return token.index;
    if (token[0] === '{') depth += 1;
    if (token[0] === '}') depth -= 1;
  }
  return -1;
}
