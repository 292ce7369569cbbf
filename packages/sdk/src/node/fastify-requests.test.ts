import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { recordingTracker } from '../../test/recording-tracker.ts';
import { recordFastify } from './fastify-requests.ts';

let app: FastifyInstance | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});

class NoSeatError extends Error {}

async function start() {
  const tracker = recordingTracker();
  const started = fastify();
  app = started;
  await started.register(
    recordFastify<FastifyRequest>({ tracker, service: 'campus', isSignedIn: ({ headers }) => headers['x-user'] !== undefined }),
  );
  started.get('/courses/:id', () => ({ title: 'Anatomy' }));
  started.post('/login', (_request, reply) => reply.code(401).send('no'));
  await started.register(
    (inner, _options, done) => {
      inner.get('/notes/:note', () => {
        throw new NoSeatError('row 5, Ada Example');
      });
      done();
    },
    { prefix: '/users/:user' },
  );
  const base = await started.listen({ port: 0, host: '127.0.0.1' });
  const get = async (path: string, init: RequestInit = {}): Promise<void> => void (await (await fetch(`${base}${path}`, init)).text());
  return { ...tracker, get };
}

it('records each request by its template, its status and how long it took, of plugins too', async () => {
  const { requests, errors, get } = await start();
  await get('/courses/42?token=secret', { headers: { 'x-user': 'ada' } });
  await get('/users/ada@example.org/notes/7');
  await get('/nowhere/ada@example.org');
  await expect.poll(() => requests.length).toBe(3);
  expect(requests).toMatchObject([
    { method: 'GET', route: '/courses/{id}', status_code: 200, authenticated: true, bytes: 19, service: 'campus' },
    { route: '/users/{user}/notes/{note}', status_code: 500, authenticated: false },
    { route: '(none)', status_code: 404 },
  ]);
  expect(errors).toEqual([{ route: '/users/{user}/notes/{note}', error_type: 'NoSeatError', service: 'campus' }]);
  for (const { duration_ms: took } of requests) expect(took).toBeGreaterThan(0);
});

it('tells of sign-in routes that they were asked and no more', async () => {
  const { requests, get } = await start();
  await get('/login', { method: 'POST', headers: { 'x-user': 'ada' } });
  await expect.poll(() => requests.length).toBe(1);
  expect(Object.keys(requests[0] ?? {}).toSorted()).toEqual(['authenticated', 'duration_ms', 'method', 'route', 'service', 'status_code']);
  expect(requests[0]).toMatchObject({ route: '/login', status_code: 401, authenticated: false });
});
