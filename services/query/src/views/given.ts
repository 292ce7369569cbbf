/** The parameters of a request as they were sent, each with all its values. */
export function givenOf(query: URLSearchParams): ReadonlyMap<string, readonly string[]> {
  return new Map([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
}
