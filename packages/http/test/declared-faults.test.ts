import { readdirSync, readFileSync } from 'node:fs';
import { FAULTS } from '@tidegate/core';
import type { FaultCode } from '@tidegate/core';
import { describe, expect, it } from 'vitest';
import { faultsOf, listRoutes, ROUTES } from '../src/index.ts';

const root = new URL('../../../', import.meta.url);
const isCode = (word: string): word is FaultCode => Object.hasOwn(FAULTS, word);

/** Fault codes that stand in quotes in the sources of a folder. */
function codesIn(folder: string, isWanted: (file: string) => boolean = () => true): FaultCode[] {
  const files = readdirSync(new URL(folder, root)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && isWanted(file));
  const words = files.flatMap((file) =>
    [...readFileSync(new URL(`${folder}/${file}`, root), 'utf8').matchAll(/'([a-z][a-z0-9_]+)'/g)].flatMap(([, word]) => word ?? []),
  );
  return [...new Set(words.filter(isCode))].toSorted();
}

const OF_QUERY = ['', '/views', '/writes', '/insights', '/export', '/warehouse'].map((folder) => `services/query/src${folder}`);
const declared = (name: keyof typeof ROUTES): readonly FaultCode[] => faultsOf({ name, ...ROUTES[name] });
const declaredBy = (service: string): ReadonlySet<FaultCode> =>
  new Set(
    listRoutes()
      .filter(({ answers }) => answers === service)
      .flatMap(faultsOf),
  );

describe('the declared faults of the routes', () => {
  it('hold every code with which planning refuses a question', () => {
    expect(declared('askQuestion')).toEqual(expect.arrayContaining(codesIn('packages/core/src/query')));
  });

  it.each(['askQuestion', 'applyPack', 'validatePack', 'createKey'] as const)(
    'of %s hold every code that a small body may be refused with',
    (name) => {
      const codes = codesIn('packages/http/src', (file) => file === 'json-body.ts');
      expect(codes).toContain('bad_utf8');
      expect(declared(name)).toEqual(expect.arrayContaining(codes));
    },
  );

  it('hold every code with which a request of events is refused as a whole', () => {
    // Where no event could be read the request gets the first event's code, if that is a 400.
    const ofEvents = codesIn('packages/core/src/event').filter((code) => FAULTS[code].status === 400);
    expect(ofEvents).toContain('bad_utf8');
    expect(declared('sendEvents')).toEqual(expect.arrayContaining(ofEvents));
    const atTheDoor = codesIn('services/ingest/src', (file) => ['receive.ts', 'respond.ts', 'body.ts'].includes(file));
    expect(declared('sendEvents')).toEqual(expect.arrayContaining(atTheDoor.filter((code) => code !== 'too_large')));
  });

  it.each(['query', 'gateway'])('hold every code that stands in the %s service', (service) => {
    // Said where no route was found, to browsers that ask first, and of live routes, however few there are.
    const routeless: readonly FaultCode[] = ['method_not_allowed', 'origin_refused', 'live_connections_exceeded'];
    const proxied = service === 'gateway' ? [...declaredBy('ingest'), ...declaredBy('query')] : [];
    // The state of an event, which is called as the refusal of later ones is.
    const states: readonly FaultCode[] = ['erased'];
    const all = new Set([...declaredBy(service), ...proxied, ...routeless, ...states]);
    const folders = service === 'query' ? OF_QUERY : [`services/${service}/src`];
    expect(folders.flatMap((folder) => codesIn(folder)).filter((code) => !all.has(code))).toEqual([]);
  });

  it('hold no code that nothing says', () => {
    const said = new Set(
      ['packages/core/src/query', 'packages/core/src/event', 'packages/core/src/pack', 'packages/http/src']
        .concat([
          'services/ingest/src',
          ...OF_QUERY,
          'packages/core/src/write',
          'services/gateway/src',
          'services/gateway/src/accounts',
          'packages/postgres/src/control',
        ])
        .flatMap((folder) => codesIn(folder, (file) => !['routes.ts', 'route-faults.ts', 'openapi.ts'].includes(file))),
    );
    expect(listRoutes().flatMap(({ faults }) => faults.filter((code) => !said.has(code)))).toEqual([]);
  });
});
