import { readFileSync } from 'node:fs';
import { compileLimits, parsePack, SHIPPED_LAYER, viewRoutes } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packFile } from './pack-in-process.ts';

const parsed = parsePack(parse(readFileSync(packFile('novamind', 'pack.yaml'), 'utf8')));
if (!parsed.ok) throw new Error('the pack has faults');
const limits = compileLimits([SHIPPED_LAYER]);
if (!limits.ok) throw new Error('the shipped limits have faults');
const routes = viewRoutes(parsed.value).flatMap(({ route }) => (route === null ? [] : [route]));

describe('the analytics routes of the practice', () => {
  test.each([
    '/v1/analytics/patients/{patient_id}/treatment-outcomes',
    '/v1/analytics/practices/{practice_id}/metrics',
    '/v1/analytics/diagnoses/distribution',
    '/v1/analytics/medications/{medication_code}/effectiveness',
    '/v1/analytics/treatments/comparison',
    '/v1/analytics/patients/risk-stratification',
  ])('%s is declared, and of the class of 30 a minute, also where it tells of single patients', (path) => {
    expect(routes.map((route) => `${route.method} ${route.path}`)).toContain(`GET ${path}`);
    const { name, policies } = limits.value.classOf('GET', path);
    const [first] = policies.filter(({ scope }) => scope === 'user').toSorted((a, b) => a.limit - b.limit);
    expect([name, first?.name, first?.limit, first?.windowS]).toEqual(['analytics', 'analytics', 30, 60]);
  });

  test('the route of a single patient beside them is of the class of 60 a minute', () => {
    const path = '/v1/patients/{patient_id}/summary';
    expect(routes.map((route) => `${route.method} ${route.path}`)).toContain(`GET ${path}`);
    const { name, policies } = limits.value.classOf('GET', path);
    const [first] = policies.filter(({ scope }) => scope === 'user').toSorted((a, b) => a.limit - b.limit);
    expect([name, first?.name, first?.limit, first?.windowS]).toEqual(['patient_data', 'patient_data', 60, 60]);
  });
});
