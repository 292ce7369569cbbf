import type { ProblemFault } from './problem.ts';

/** As zod tells of it. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
  readonly message: string;
}

/** What is wrong with a request. Paths name members of our own schema; a member that the caller made up is not repeated. */
export function invalidRequest({ issues }: { readonly issues: readonly Issue[] }): ProblemFault {
  return {
    code: 'request_invalid',
    errors: issues.map(({ path, code, message }) => ({
      path: path.map(String).join('.'),
      code,
      message: code === 'unrecognized_keys' ? 'holds a member that is not known here' : message,
    })),
  };
}

/** One member of a request that is not as it must be; `path` as above, empty: the whole. */
export function invalidMember(path: string, message: string): ProblemFault {
  return { code: 'request_invalid', errors: [{ path, code: 'invalid_value', message }] };
}
