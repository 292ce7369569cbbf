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
  {
    name: 'the flood of one tenant stands before all others',
    section: 8,
    file: 'packages/runtime/src/turns.ts',
    find: '      queues.delete(tenant);\n      if (others.length > 0)',
    replace: '      if (others.length === 0) queues.delete(tenant);\n      else',
    tests: ['packages/runtime/src/turns.test.ts'],
    kind: 'unit',
  },
  {
    name: 'as many wait as may go fast enough',
    section: 8,
    file: 'packages/runtime/src/turns.ts',
    find: 'before >= beforeMax || ',
    replace: '',
    tests: ['packages/runtime/src/turns.test.ts'],
    kind: 'unit',
  },
];
