import { describe, expect, test } from 'vitest';
import type { Caller } from '../src/index.ts';
import { mayAsk } from '../src/index.ts';

const route = { scope: 'patient:read', isOfPerson: true };
const callerWith = (rest: Partial<Caller>): Caller => ({ tenant: 'acme', keyId: 'k', scopes: ['query:read'], ...rest });

describe('the scope of a route', () => {
  test.each<{ who: string; caller: Caller; may: boolean }>([
    { who: 'a key that holds it', caller: callerWith({ scopes: ['patient:read'] }), may: true },
    { who: 'a key that does not', caller: callerWith({}), may: false },
    { who: 'a person, about themself', caller: callerWith({ subject: 'u-1' }), may: true },
    { who: 'a person who may not ask questions', caller: callerWith({ subject: 'u-1', scopes: ['ingest:write'] }), may: false },
    { who: 'a person who may see everybody', caller: callerWith({ subject: 'u-1', scopes: ['query:read', 'events:read'] }), may: false },
    {
      who: 'a token that says what it shows',
      caller: callerWith({ subject: 'u-1', rows: { metrics: null, where: {}, subject: 'u-1' } }),
      may: false,
    },
  ])('of a person is asked of $who: $may', ({ caller, may }) => {
    expect(mayAsk(route, caller)).toBe(may);
  });

  test('of nobody in particular is asked of a person too', () => {
    expect(mayAsk({ scope: 'patient:read' }, callerWith({ subject: 'u-1' }))).toBe(false);
  });
});
