import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bodyWith } from './body-text.ts';

it('is what writing it anew would be, whatever its members are called, again and again', () => {
  const body = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('meta', '__proto__', '1')), fc.jsonValue(), { maxKeys: 5 });
  fc.assert(
    fc.property(body, fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 3 }), (members, metas) => {
      for (const meta of metas) expect(bodyWith(members, meta)).toBe(JSON.stringify({ ...members, meta }));
    }),
  );
});
