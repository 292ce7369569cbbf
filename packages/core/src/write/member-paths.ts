/** Whose member is wrong where a member of the event is: the judge speaks of `data.value`, the caller sent `value`. */

const MENTION = /\b(?:body|params|given)\.\??([a-z][a-z0-9_]*)/g;

interface Made {
  /** Members that the text mentions. */
  readonly of: ReadonlySet<string>;
  /** Whose parts become parts of it; the empty text where that is not one alone. */
  readonly whole: string;
}

/**
 * By place in the event. A place below one that is known is the same place below the member that it is made of; `wholes` are the
 * members that hold objects.
 */
export function createMemberOf(event: Readonly<Record<string, unknown>>, wholes: ReadonlySet<string>): (path: string) => string {
  const known = new Map<string, Made>();
  note(event, '', { known, wholes });
  return function memberOf(path) {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const made = known.get(at);
      if (made !== undefined) return memberBelow(made, path.slice(at.length + 1));
    }
    return '';
  };
}

function memberBelow({ of, whole }: Made, rest: string): string {
  if (rest === '' || whole === '') return rest === '' ? whole : '';
  return of.has(rest) ? rest : `${whole}.${rest}`;
}

interface Noting {
  readonly known: Map<string, Made>;
  readonly wholes: ReadonlySet<string>;
}

function note(node: unknown, path: string, noting: Noting): void {
  if (typeof node === 'string') noting.known.set(path, madeOf(node, noting.wholes));
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  for (const [name, one] of Object.entries(node)) note(one, path === '' ? name : `${path}.${name}`, noting);
}

function madeOf(text: string, wholes: ReadonlySet<string>): Made {
  const of = new Set([...text.matchAll(MENTION)].map((match) => match[1] ?? ''));
  const candidates = of.size === 1 ? [...of] : [...of].filter((name) => wholes.has(name));
  return { of, whole: candidates.length === 1 ? (candidates[0] ?? '') : '' };
}
