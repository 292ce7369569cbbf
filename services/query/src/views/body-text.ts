/** Bodies of views as text, made once for a body that is the same object: a kept one is given out many times. */
type Body = Readonly<Record<string, unknown>>;

const held = new WeakMap<Body, string>();

/** The same as `JSON.stringify({ ...body, meta })`. */
export function bodyWith(body: Body, meta: object): string {
  // In place of a member of that name, which stands wherever it stood.
  if ('meta' in body) return JSON.stringify({ ...body, meta });
  return `${membersOf(body)}"meta":${JSON.stringify(meta)}}`;
}

/** All but the end. */
function membersOf(body: Body): string {
  const known = held.get(body);
  if (known !== undefined) return known;
  const text = JSON.stringify(body);
  const members = text === '{}' ? '{' : `${text.slice(0, -1)},`;
  held.set(body, members);
  return members;
}
