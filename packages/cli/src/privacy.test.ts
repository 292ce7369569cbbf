import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const REQUEST = '0192f0aa-0000-7000-8000-000000000001';
const CERTIFICATE = { request_id: REQUEST, removed: { raw_events: 12 } };
const erasure = (state: string) => ({ request_id: REQUEST, state });

/** Answers come one after the other, the last one for ever. */
const run = (args: readonly string[], answers: readonly unknown[]) =>
  runCommand(['privacy', ...args], ({ call }) => Response.json(answers[Math.min(call, answers.length - 1)]));

describe('tidegate privacy erase', () => {
  it('asks for nothing without --confirm', async () => {
    expect(await run(['erase', 'anna'], [erasure('requested')])).toMatchObject({
      code: 1,
      calls: 0,
      err: expect.stringContaining('--confirm'),
    });
  });

  it('asks for that person alone, and shows the request', async () => {
    const { code, out, asked } = await run(['erase', 'anna', '--confirm'], [erasure('requested')]);
    expect([code, asked]).toEqual([0, 'POST /v1/privacy/erasures {"subject":"anna","confirm":true}']);
    expect(JSON.parse(out)).toEqual(erasure('requested'));
  });

  it('with --wait asks until nothing can be asked any more, then shows the certificate', async () => {
    const answers = [erasure('requested'), erasure('erasing'), erasure('erased'), CERTIFICATE];
    const { code, out, request, calls } = await run(['erase', 'anna', '--confirm', '--wait'], answers);
    expect([code, calls, request]).toEqual([0, 4, `GET /v1/privacy/erasures/${REQUEST}/certificate`]);
    expect(JSON.parse(out)).toEqual(CERTIFICATE);
  });

  it('of a person who was erased before shows the certificate at once', async () => {
    const { calls, out } = await run(['erase', 'anna', '--confirm', '--wait'], [erasure('final'), CERTIFICATE]);
    expect([calls, JSON.parse(out)]).toEqual([2, CERTIFICATE]);
  });

  it('says what the gateway says where the key may not', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Scope missing',
      status: 403,
      code: 'scope_missing',
      detail: 'Use a key that has privacy:admin.',
    };
    const { code, err } = await runCommand(['privacy', 'erase', 'anna', '--confirm'], () => Response.json(problem, { status: 403 }));
    expect([code, err]).toEqual([1, expect.stringContaining('privacy:admin')]);
  });
});

describe('tidegate privacy subject', () => {
  it('asks for that pseudonym alone, and shows whom it means', async () => {
    const pseudonym = 'ab'.repeat(32);
    const { code, out, asked } = await run(['subject', pseudonym], [{ pseudonym, subject: 'anna' }]);
    expect([code, asked]).toEqual([0, `GET /v1/privacy/subjects/${pseudonym}`]);
    expect(JSON.parse(out)).toEqual({ pseudonym, subject: 'anna' });
  });
});

describe('tidegate privacy export', () => {
  const state = (status: string, more: object = {}) => ({
    ...{ export_id: REQUEST, status, poll_url: `/v1/privacy/exports/${REQUEST}`, url: null, error_code: null },
    ...more,
  });

  it('writes what comes, digit by digit', async () => {
    const text = '{"subject":"anna","packs":{"wiki":{"events":[{"n":90071992547409931234.50}]}}}\n';
    const { code, out, asked } = await runCommand(['privacy', 'export', 'anna'], () => new Response(text));
    expect([code, out, asked]).toEqual([0, text, 'POST /v1/privacy/exports {"subject":"anna"}']);
  });

  it('waits for a large one and fetches it by its link', async () => {
    const answers = [state('queued'), state('processing'), state('completed', { url: '/v1/gdpr/downloads/abc' }), { all: 1 }];
    const { code, out, request } = await run(['export', 'anna'], answers);
    expect([code, JSON.parse(out), request]).toEqual([0, { all: 1 }, 'GET /v1/gdpr/downloads/abc']);
  });

  it('says why there is none', async () => {
    expect(await run(['export', 'anna'], [state('queued'), state('failed', { error_code: 'archive_unread' })])).toMatchObject({
      code: 1,
      err: 'The export is failed: archive_unread.\n',
    });
  });
});
