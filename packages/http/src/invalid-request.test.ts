import { expect, test } from 'vitest';
import { z } from 'zod';
import { invalidRequest } from './invalid-request.ts';

const ASKED = z.strictObject({ filter: z.strictObject({ days: z.array(z.int()) }) });

test('what is wrong is said by the names of the contract, and no name that the caller made up', () => {
  const { error } = ASKED.safeParse({ filter: { days: [1, 'two'], 'Jane Doe': 1 }, 'jane@example.org': 2 });
  const fault = invalidRequest(error ?? { issues: [] });
  expect(fault.code).toBe('request_invalid');
  expect(fault.errors?.map(({ path, code }) => `${path} ${code}`).toSorted()).toEqual([
    ' unrecognized_keys',
    'filter unrecognized_keys',
    'filter.days.1 invalid_type',
  ]);
  expect(JSON.stringify(fault)).not.toMatch(/jane/i);
});
