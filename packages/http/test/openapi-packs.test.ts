import { viewSignatures, writeSignatures } from '@tidegate/core';
import { expect, it } from 'vitest';
import { apiPage, openApiDocument } from '../src/index.ts';

const window = { days: 30, min_days: 1, max_days: 365 };
const views = viewSignatures({
  pack: 'health',
  views: {
    goals: {
      title: 'Goals of a person',
      route: 'GET /api/v1/goals/{user_id}',
      scope: 'patient:read',
      params: {
        user_id: { type: 'subject', title: 'Whose they are' },
        status: { type: 'string', enum: ['active', 'paused'], optional: true },
        limit: { type: 'integer', min: 1, max: 200, default: 50 },
        kinds: { type: 'list', max: 5 },
        on: { type: 'date' },
      },
      queries: {},
      answer: {},
    },
    unnamed: { params: {}, window, queries: {}, answer: {} },
  },
});

const write = { params: {}, checks: {}, rules: [], events_max: 500, waits: true, reads: {}, event: { type: 'goal.set', data: {} } };
const writes = writeSignatures({
  pack: 'health',
  writes: {
    change_goal: {
      ...write,
      title: 'Change a goal',
      route: 'PATCH /v1/goals/{user_id}',
      scope: 'goals:write',
      params: { user_id: { type: 'subject' } },
      body: {
        kind: { type: 'string', enum: ['steps', 'sleep'] },
        target: { type: 'number', min: 1, title: 'What is to be reached' },
        unit: { type: 'string', default: 'count' },
        labels: { type: 'list', optional: true, max: 3 },
        at: { type: 'instant', default: 'now' },
        more: { type: 'json', optional: true },
      },
    },
    change_goals: { ...write, route: 'POST /v1/goals/batch', body: {}, each: 'change_goal' },
    touch: { ...write, route: 'POST /v1/goals/touch', body: {} },
  },
});
const packs = { views, writes };

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: unknown }[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

const document = openApiDocument({ version: '1', packs }) as {
  readonly paths: Readonly<Record<string, { readonly get: Operation; readonly patch: Operation; readonly post: Operation }>>;
};

it('has the routes of packs with their scope, their parameters and those of every view', () => {
  const goals = document.paths['/v1/goals/{user_id}']?.get;
  expect(goals).toMatchObject({ operationId: 'health.goals', summary: 'Goals of a person', tags: ['health'] });
  expect(goals?.['x-required-scope']).toBe('patient:read');
  expect(goals?.parameters.map(({ name, in: place, required, schema }) => [name, place, required, schema])).toEqual([
    ['user_id', 'path', true, { type: 'string', minLength: 1, maxLength: 256 }],
    ['status', 'query', false, { type: 'string', minLength: 1, maxLength: 256, enum: ['active', 'paused'] }],
    ['limit', 'query', false, { type: 'integer', minimum: 1, maximum: 200, default: 50 }],
    ['kinds', 'query', true, { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 5 }],
    ['on', 'query', true, { type: 'string', format: 'date' }],
    ['after', 'query', false, { type: 'string', description: 'A receipt: wait until its events are counted.' }],
    ['wait_ms', 'query', false, { type: 'integer', minimum: 0, maximum: 10_000 }],
    ['If-None-Match', 'header', false, { type: 'string' }],
  ]);
  expect(Object.keys(goals?.responses ?? {})).toEqual(expect.arrayContaining(['200', '304', '401', '403', '404', '422', '429', '503']));
});

it('has a view without a route under its name, with what its window declares', () => {
  const unnamed = document.paths['/v1/views/health/unnamed']?.get;
  expect(unnamed?.['x-required-scope']).toBe('query:read');
  expect(unnamed?.parameters.map(({ name, required }) => [name, required])).toEqual(
    ['days', 'start', 'end', 'as_of', 'tz', 'after', 'wait_ms', 'If-None-Match'].map((name) => [name, false]),
  );
});

const ONE = {
  type: 'object',
  properties: {
    kind: { type: 'string', minLength: 1, maxLength: 256, enum: ['steps', 'sleep'] },
    target: { type: 'number', minimum: 1, description: 'What is to be reached' },
    unit: { type: 'string', minLength: 1, maxLength: 256, default: 'count' },
    labels: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
    at: { type: 'string', format: 'date-time' },
    more: {},
  },
  required: ['kind', 'target'],
  additionalProperties: false,
};

it('has the writes of packs beside their views, with the members of their bodies', () => {
  const { get, patch } = document.paths['/v1/goals/{user_id}'] ?? {};
  expect([get?.operationId, patch?.operationId]).toEqual(['health.goals', 'health.change_goal']);
  expect(patch).toMatchObject({ summary: 'Change a goal', 'x-required-scope': 'goals:write', tags: ['health'] });
  expect(patch?.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual(['path user_id', 'header Idempotency-Key']);
  expect(patch?.['requestBody']).toEqual({ required: true, content: { 'application/json': { schema: ONE } } });
  expect(Object.keys(patch?.responses ?? {})).toEqual(expect.arrayContaining(['200', '201', '202', '401', '403', '409', '422', '503']));
});

it('has the body of a write of many as a list, by lines too, and one without members as none that is needed', () => {
  expect(document.paths['/v1/goals/batch']?.post['requestBody']).toEqual({
    required: true,
    content: { 'application/json': { schema: { type: 'array', items: ONE } }, 'application/x-ndjson': { schema: ONE } },
  });
  expect(document.paths['/v1/goals/touch']?.post['requestBody']).toMatchObject({ required: false });
});

it('has the engine’s own routes all the same, and shows packs on the page too', () => {
  const { paths } = openApiDocument({ version: '1' }) as { readonly paths: Readonly<Record<string, unknown>> };
  for (const path of Object.keys(paths)) expect(document.paths).toHaveProperty([path]);
  expect(apiPage({ version: '1', packs }).body).toContain('Goals of a person');
  expect(apiPage({ version: '1', packs }).body).toContain('Change a goal');
});
