import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { recordingTracker } from '../../test/recording-tracker.ts';
import { recordExpress } from './express-requests.ts';

let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server !== null) await once(server, 'close');
  server = null;
});

class NoSeatError extends Error {}

async function start() {
  const tracker = recordingTracker();
  const recorder = recordExpress<express.Request>({
    tracker,
    service: 'campus',
    isSignedIn: (request) => request.get('x-user') !== undefined,
    isLeftOut: (route) => route === '/health',
  });
  const app = express();
  app.use(recorder.requests);
  app.get('/health', (_request, response) => void response.send('ok'));
  app.get('/courses/:id', (_request, response) => void response.json({ title: 'Anatomy' }));
  app.get(['/a', '/b'], (_request, response) => void response.send('either'));
  app.post('/api/login', (_request, response) => void response.status(401).send('no'));
  const notes = express.Router();
  notes.get('/', (_request, response) => void response.send('all'));
  notes.get('/:note/files/:name.:ext', (_request, response) => void response.send('one'));
  notes.get('/failing', () => {
    throw new NoSeatError('row 5, Ada Example');
  });
  app.use('/users/:user/notes', notes);
  app.get('/slow/:id', () => undefined);
  app.use(recorder.errors);
  app.use((_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(500).send('failed');
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = async (path: string, init: RequestInit = {}): Promise<void> => void (await (await fetch(`${base}${path}`, init)).text());
  return { ...tracker, base, get };
}

it('records each request by its template, its status and how long it took', async () => {
  const { requests, get } = await start();
  await get('/courses/42?token=secret', { headers: { 'x-user': 'ada' } });
  await get('/b');
  await get('/nowhere/ada@example.org');
  await expect.poll(() => requests.length).toBe(3);
  expect(requests).toMatchObject([
    { method: 'GET', route: '/courses/{id}', status_code: 200, authenticated: true, bytes: 19, service: 'campus' },
    { route: '/a|/b', status_code: 200, authenticated: false },
    { route: '(none)', status_code: 404 },
  ]);
  for (const { duration_ms: took } of requests) expect(took).toBeGreaterThan(0);
});

it('knows the template of routers that are mounted where values stand, also after an error', async () => {
  const { requests, errors, get } = await start();
  await get('/users/ada@example.org/notes');
  await get('/users/ada@example.org/notes/7/files/report.pdf');
  await get('/users/ada@example.org/notes/failing');
  await expect.poll(() => requests.length).toBe(3);
  expect(requests.map(({ route, status_code: status }) => [route, status])).toEqual([
    ['/users/{user}/notes', 200],
    ['/users/{user}/notes/{note}/files/{name}.{ext}', 200],
    ['/users/{user}/notes/failing', 500],
  ]);
  expect(errors).toEqual([{ route: '/users/{user}/notes/failing', error_type: 'NoSeatError', service: 'campus' }]);
});

it('tells of sign-in routes that they were asked and no more, and of routes that are left out nothing', async () => {
  const { requests, get } = await start();
  await get('/health');
  await get('/api/login', { method: 'POST', headers: { 'x-user': 'ada' } });
  await expect.poll(() => requests.length).toBe(1);
  expect(requests).toEqual([
    {
      ...{ method: 'POST', route: '/api/login', status_code: 401, authenticated: false, service: 'campus' },
      duration_ms: expect.any(Number) as number,
    },
  ]);
});

it('records a request whose client left before an answer, without a status', async () => {
  const { requests, base } = await start();
  const request = httpRequest(`${base}/slow/1`).end();
  request.on('error', () => undefined);
  await once(server as Server, 'request');
  request.destroy();
  await expect.poll(() => requests.length).toBe(1);
  expect(requests[0]).toMatchObject({ route: '/slow/{id}' });
  expect(requests[0]).not.toHaveProperty('status_code');
});
