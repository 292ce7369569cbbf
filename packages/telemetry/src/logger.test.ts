import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createTracing } from './tracing.ts';

const PSEUDONYM = 'ab'.repeat(32);

function capture(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ service: 'sample', level, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') };
}

test('every line carries the nine fields, null where it has nothing to say', () => {
  const { log, last } = capture();
  log.info('started');
  const line = last();
  expect(Object.keys(line).sort()).toEqual(
    ['timestamp', 'level', 'service', 'trace_id', 'user_id', 'event', 'duration_ms', 'metric_type', 'status_code'].sort(),
  );
  expect(line).toMatchObject({ level: 'info', service: 'sample', event: 'started', user_id: null, status_code: null });
  expect(line['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('the fields given stand under their names', () => {
  const { log, last } = capture();
  log.warn('slow', { traceId: 't', userId: PSEUDONYM, durationMs: 12.5, metricType: 'wiki.edits', statusCode: 503 });
  expect(last()).toMatchObject({
    level: 'warn',
    trace_id: 't',
    user_id: PSEUDONYM,
    duration_ms: 12.5,
    metric_type: 'wiki.edits',
    status_code: 503,
  });
});

test('a user that is no pseudonym is never written', () => {
  const { log, lines, last } = capture();
  log.info('seen', { userId: 'canary-user-17' });
  expect(last()['user_id']).toBe('[redacted]');
  expect(lines.join('')).not.toContain('canary-user-17');
});

test('e-mails, credentials, passwords in URLs and sensitive names never reach a line', () => {
  const { log, lines } = capture();
  const cause = Object.assign(new Error('for canary@example.com'), { detail: 'Key (email)=(canary-row)' });
  log.error('failed', {
    error: new Error('cannot reach postgres://tidegate:canary-password@db/x with Bearer canary-bearer', { cause }),
    detail: { subject: 'canary-subject', api_key: 'canary-key', note: 'from canary@example.com', count: 3 },
  });
  const written = lines.join('');
  expect(written).not.toContain('canary');
  expect(written).toContain('"count":3');
  expect(written).toContain('"note":"from [redacted]"');
});

test('lines written inside a span carry its trace, across awaits', async () => {
  const { log, last } = capture();
  const tracing = createTracing({ service: 'sample' });
  await tracing.inSpan('step', {}, async (span) => {
    await Promise.resolve();
    log.info('inside');
    expect(last()['trace_id']).toBe(span.traceId);
  });
  log.info('outside');
  expect(last()['trace_id']).toBeNull();
});

test('lines below the level are not written', () => {
  const { log, lines } = capture();
  log.debug('detail');
  expect(lines).toEqual([]);
});

test('what a pack marks is in no line from then on, however harmless its name is', () => {
  const { log, lines, last } = capture();
  const canaries = {
    'data.room': 'canary-room',
    floor: 7_1938,
    note: 'canary',
  };
  log.info('before', { detail: canaries });
  expect(last()['detail']).toEqual(canaries);
  lines.length = 0;
  log.mark(['room', 'floor']);
  log.mark(['note']);
  const texts = [
    `Unexpected token in JSON: {"room": "canary, \\"of\\" asthma", "floor":71938, "days": 3`,
    'value too long: room=canary asthma; days=3',
    'Key (room)=(canary asthma) exists, days: 3',
    "no such row: {'room': 'canary",
    'note: room: canary',
    'floor = [canary, asthma], days 3',
  ];
  for (const text of texts)
    log.error('failed', { error: new Error(text, { cause: new Error(text) }), detail: { ...canaries, what: text } });
  const written = lines.join('');
  expect(written).not.toMatch(/canary|asthma|71938|7_1938/);
  expect(last()['detail']).toMatchObject({ 'data.room': '[redacted]', floor: '[redacted]' });
  expect(written.match(/days/g)).toHaveLength(3 * 4);
});

test('a text without a marked name stays as it is', () => {
  const { log, last } = capture();
  log.mark(['room']);
  log.info('said', { detail: { what: 'rooms: 3, a room for two, bedroom=1, {"days": "4"}' } });
  expect(last()['detail']).toEqual({ what: 'rooms: 3, a room for two, bedroom=1, {"days": "4"}' });
});
