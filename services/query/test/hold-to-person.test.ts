import { listRoutes } from '@tidegate/http';
import type { Exchange, Handler } from '@tidegate/http';
import { asPerson, personServed } from '@tidegate/postgres';
import type { Person } from '@tidegate/postgres';
import { expect, test } from 'vitest';
import { holdAsk, holdHandlers, holdView } from '../src/hold-to-person.ts';
import type { ViewAsk } from '../src/views/run-view.ts';
import { answerWith } from './serve-ask.ts';

const pseudonymOf = (tenant: string, id: string): string => `${tenant}:${id}`;
const ANNA = { tenant: 'acme', subject: 'acme:anna' };
const OTHER = { tenant: 'acme', subject: 'acme:berit' };
const ROWS = { metrics: null, where: {}, subject: 'anna' };
const signal = new AbortController().signal;

/** Whose rows alone may be read while each route is answered. */
async function served(caller: object): Promise<ReadonlyMap<string, Person | null>> {
  const seen = new Map<string, Person | null>();
  const routes = listRoutes().filter(({ answers }) => answers === 'query');
  const handlers = Object.fromEntries(
    routes.map(({ name }): [string, Handler] => [
      name,
      async () => {
        await Promise.resolve();
        seen.set(name, personServed());
      },
    ]),
  );
  const exchange = { caller: { tenant: 'acme', keyId: 'k', scopes: ['query:read'], ...caller } } as unknown as Exchange;
  for (const handle of Object.values(holdHandlers(handlers, pseudonymOf))) await handle(exchange);
  return seen;
}

test('each route that shows rows is answered as the one person whom its caller may see, and no other route is', async () => {
  for (const caller of [{ subject: 'anna' }, { rows: ROWS }]) {
    const seen = await served(caller);
    for (const { name, rows } of listRoutes().filter(({ answers }) => answers === 'query')) {
      expect([name, seen.get(name)]).toEqual([name, rows === 'confined' ? ANNA : null]);
    }
  }
  for (const caller of [{}, { subject: 'anna', scopes: ['events:read'] }, { rows: { ...ROWS, subject: null } }]) {
    expect([...(await served(caller)).values()].every((person) => person === null)).toBe(true);
  }
});

test('a question and a view are read as who asks them, whoever began the flight or the loop that asks', async () => {
  const seen: (Person | null)[] = [];
  const see = async (): Promise<void> => {
    await Promise.resolve();
    seen.push(personServed());
  };
  const ask = holdAsk(async () => {
    await see();
    return { ok: true, answer: answerWith([]), mayAgeMs: 0 };
  }, pseudonymOf);
  const runView = holdView(async () => {
    await see();
    return { ok: false, problem: { code: 'not_found' } };
  }, pseudonymOf);
  for (const rows of [ROWS, null]) {
    await asPerson(OTHER, async () => ask({}, { tenant: 'acme', rows, signal }));
    await asPerson(OTHER, async () => runView({ asker: { tenant: 'acme', rows, signal } } as ViewAsk));
  }
  expect(seen).toEqual([ANNA, ANNA, null, null]);
});
