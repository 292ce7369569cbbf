import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '@tidegate/http';
import { CALLER_HEADER, createCallerVerifier } from '@tidegate/http';
import { createMetrics } from '@tidegate/telemetry';
import { expect, it } from 'vitest';
import { createPassages } from './passage.ts';

const CALLER_KEY = new Uint8Array(32).fill(3);

it('who calls is signed once in a second for the same caller, and never for another', () => {
  let nowMs = 1_800_000_000_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
  const passages = createPassages({ callerKey: CALLER_KEY, clock, metrics: createMetrics('gateway') });
  const verify = createCallerVerifier(CALLER_KEY, clock);
  const signed = (caller: Caller): string => {
    const sent = passages.sentHeaders({
      request: { headers: {} } as IncomingMessage,
      response: {} as ServerResponse,
      ...({ upstream: 'query', target: '/v1/query', caller, headers: {} } as const),
      context: { requestId: 'r', traceId: 't', traceparent: 'p' },
    });
    return String(sent[CALLER_HEADER]);
  };
  const [jane, john]: readonly Caller[] = [
    { tenant: 'acme', keyId: 'jane', scopes: [] },
    { tenant: 'acme', keyId: 'john', scopes: [] },
  ];
  if (jane === undefined || john === undefined) throw new Error('two callers');
  const first = signed(jane);
  nowMs += 999;
  expect(signed(jane)).toBe(first);
  expect(verify(signed(john))).toMatchObject({ ok: true, caller: { keyId: 'john' } });
  nowMs += 1;
  expect(signed(jane)).not.toBe(first);
  expect(verify(signed(jane))).toMatchObject({ ok: true, caller: { keyId: 'jane' } });
  // A clock that is set back: what was signed in its future would be refused.
  nowMs -= 3_600_000;
  expect(verify(signed(jane))).toMatchObject({ ok: true });
});
