import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Metrics } from './metrics.ts';
import { createProfiles, PROFILE_KINDS, PROFILE_SECONDS_MAX } from './profiles.ts';
import type { ProfileKind, Profiles } from './profiles.ts';

/** Header of every answer: the id of the process, so that whoever started one knows that it is the one that answers. */
export const PROCESS_HEADER = 'x-process-id';

export interface Health {
  /** False restarts the process: the event loop or the work itself has stopped turning. */
  isLive(): boolean;
  /** Listening and not draining. Never follows Kafka, Redis or Postgres: all replicas would leave at once. */
  isReady(): boolean;
}

export interface TelemetryServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: Health;
  /** A collector (OTLP) that the metrics are sent to as well; absent or null: none. */
  readonly push?: { readonly endpoint: string; readonly everyMs: number } | null;
  /** Who shows it may take profiles of the process; absent or null: nobody may, and nothing of the kind is there. */
  readonly profileToken?: string | null;
}

export interface TelemetryServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/livez`, `/readyz`, `/metrics` and, with its token, `/profile/…` on a port of its own, away from callers. */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const { profileToken = null } = options;
  const profiles = profileToken === null ? null : createProfiles(profileToken);
  const server = createServer((request, response) => {
    const kind = profiles === null ? null : profileKindOf(request);
    const answered =
      profiles === null || kind === null ? answer(options, request, response) : answerProfile(profiles, kind, { request, response });
    answered.catch(() => reply(response, 500, 'unavailable'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const { push, metrics } = options;
  const pushing = push === undefined || push === null ? null : (await import('./metric-push.ts')).startMetricPush({ ...push, metrics });
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      await pushing?.close();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      });
    },
  };
}

async function answer(options: TelemetryServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') reply(response, 405, 'only GET');
  else if (path === '/livez') replyState(response, options.health.isLive());
  else if (path === '/readyz') replyState(response, options.health.isReady());
  else if (path === '/metrics') {
    const exposed = await options.metrics.expose();
    response.writeHead(200, { 'content-type': options.metrics.contentType, [PROCESS_HEADER]: process.pid }).end(exposed);
  } else reply(response, 404, 'not found');
}

const PROFILE_PATH = '/profile/';

/** Null: no profile is asked for. */
function profileKindOf({ url = '' }: IncomingMessage): ProfileKind | null {
  const { pathname } = new URL(url, 'http://localhost');
  return PROFILE_KINDS.find((kind) => pathname === `${PROFILE_PATH}${kind}`) ?? null;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The answer comes when the seconds are over; whoever leaves before ends the profile. */
async function answerProfile(profiles: Profiles, kind: ProfileKind, { request, response }: Asked): Promise<void> {
  if (!profiles.isAllowed(request.headers.authorization)) return reply(response, 401, 'who has the token may');
  if (request.method !== 'POST') return reply(response, 405, 'only POST');
  const seconds = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('seconds') ?? '10');
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > PROFILE_SECONDS_MAX)
    return reply(response, 400, `seconds: a whole number from 1 to ${PROFILE_SECONDS_MAX}`);
  const left = new AbortController();
  response.once('close', () => left.abort());
  const outcome = await profiles.take(kind, seconds, left.signal);
  if (outcome.kind === 'busy') return reply(response, 409, 'another profile is being taken');
  if (outcome.kind === 'gone') return undefined;
  response.writeHead(200, { 'content-type': 'application/json', [PROCESS_HEADER]: process.pid }).end(outcome.profile);
  return undefined;
}

function replyState(response: ServerResponse, isFine: boolean): void {
  reply(response, isFine ? 200 : 503, isFine ? 'ok' : 'not ok');
}

function reply(response: ServerResponse, status: number, line: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', [PROCESS_HEADER]: process.pid }).end(`${line}\n`);
}
