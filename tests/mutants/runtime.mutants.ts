import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'a sealed value opens without its tag being checked',
    section: 4,
    file: 'packages/runtime/src/sealing.ts',
    find: 'return new Uint8Array(Buffer.concat([head, decipher.final()]));',
    replace: 'return new Uint8Array(head);',
    tests: ['packages/runtime/src/sealing.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a user id that is no pseudonym is logged',
    section: 11,
    file: 'packages/telemetry/src/redaction.ts',
    find: 'return PSEUDONYM.test(userId) ? userId : REDACTED;',
    replace: 'return userId;',
    tests: ['packages/telemetry/src/logger.test.ts'],
    kind: 'unit',
  },
];
