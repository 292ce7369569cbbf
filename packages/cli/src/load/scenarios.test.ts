import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { createDraws } from './draws.ts';
import { drawRequest, type LoadRequest } from './scenario.ts';
import { scenarioOf, type ScenarioName } from './scenarios.ts';

function drawn(scenario: ScenarioName, count: number): readonly LoadRequest[] {
  const draw = createDraws(11);
  let ids = 0;
  const moment = { user: 'load-1', nowMs: Date.UTC(2026, 10, 21), nextId: () => String(++ids), draw };
  return Array.from({ length: count }, () => drawRequest(scenarioOf({ scenario, batch: 3 }), moment));
}

const PACKS = join(import.meta.dirname, '../../../../packs');

function declaredRoutes(): ReadonlySet<string> {
  const routes = readdirSync(PACKS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const { views = {} } = parse(readFileSync(join(PACKS, name, 'pack.yaml'), 'utf8')) as { views?: Record<string, { route?: string }> };
      return Object.values(views).map(({ route }) => route ?? '');
    });
  return new Set(routes);
}

it('mixes 80 reads, 15 writes and 5 aggregates of a hundred', () => {
  const requests = drawn('healthtrack-mix', 10_000);
  const writes = requests.filter(({ method }) => method === 'POST').length;
  const aggregates = requests.filter(({ endpoint }) => endpoint.endsWith('/summary')).length;
  // Deviations of the draw: √(10,000 × 0.15 × 0.85) ≈ 36, √(10,000 × 0.05 × 0.95) ≈ 22.
  expect(Math.abs(writes - 1_500)).toBeLessThan(4 * 36);
  expect(Math.abs(aggregates - 500)).toBeLessThan(4 * 22);
});

it('asks the routes that the shipped packs declare, and no others', () => {
  const declared = declaredRoutes();
  for (const scenario of ['healthtrack-mix', 'fitness', 'claims'] as const) {
    const endpoints = new Set(drawn(scenario, 2_000).flatMap(({ method, endpoint }) => (method === 'GET' ? [endpoint] : [])));
    expect(endpoints.size).toBeGreaterThan(2);
    for (const endpoint of endpoints) expect(declared).toContain(endpoint);
  }
});

it('now and then asks for correlations, and logs food', () => {
  const endpoints = Map.groupBy(drawn('fitness', 2_000), ({ endpoint }) => endpoint);
  expect(endpoints.get('POST /v1/query correlate')?.length).toBeLessThan(120);
  expect(endpoints.get('POST /v1/query correlate')?.length).toBeGreaterThan(20);
  const [food] = endpoints.get('POST /v1/events') ?? [];
  expect(JSON.parse(food?.body ?? '')).toMatchObject({ type: 'training.nutrition.logged', subject: 'load-1' });
});

it('sends as many events a request as asked, each with an id of its own', () => {
  const requests = drawn('ingest', 5);
  const ids = requests.flatMap(({ body = '' }) =>
    body
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id),
  );
  expect(new Set(ids).size).toBe(15);
  expect(requests.every(({ events }) => events === 3)).toBe(true);
});
