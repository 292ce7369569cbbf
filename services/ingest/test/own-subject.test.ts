import { createHmac } from 'node:crypto';
import { deriveKey } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { config, event, send, startFixture, topics } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.app.stop());

const OWN = 'user-17';
const of = (subject: string): string => `,"subject":${JSON.stringify(subject)}`;
const BODY = [event('own', undefined, of(OWN)), event('other', undefined, of('user-18')), event('nobody')].join('\n');

function post(scopes: readonly string[]): Promise<HttpAnswer> {
  return send(fixture.app, BODY, { person: { subject: OWN, scopes } });
}

/** Id and subject of what lies in the log. */
function stored(): string[] {
  return storedRecords(fixture.broker, topics.events)
    .map(({ value }) => JSON.parse(Buffer.from(value).toString()) as { id: string; subject?: string })
    .map(({ id, subject }) => `${id} ${subject ?? '-'}`)
    .toSorted();
}

function pseudonymOf(subject: string): string {
  return createHmac('sha256', deriveKey(config.pseudonymSecret, 'tidegate/pseudonym/acme', 32))
    .update(subject)
    .digest('hex');
}

describe("a person's token", () => {
  test('sends events about that person: another is refused, and who names nobody means oneself', async () => {
    const answer = await post(['ingest:write']);
    expect([answer.status, answer.body]).toMatchObject([
      207,
      { accepted: 2, rejected: [{ index: 1, id: 'other', code: 'subject_not_own' }] },
    ]);
    expect(stored()).toEqual([`nobody ${pseudonymOf(OWN)}`, `own ${pseudonymOf(OWN)}`]);
  });

  test('with ingest:write_any sends about anybody, as a key of a server does', async () => {
    expect((await post(['ingest:write', 'ingest:write_any'])).status).toBe(202);
    expect(stored()).toEqual(['nobody -', `other ${pseudonymOf('user-18')}`, `own ${pseudonymOf(OWN)}`]);
  });
});
