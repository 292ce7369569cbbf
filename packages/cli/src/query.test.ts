import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { Asked } from '../test/run-command.ts';

const ANSWER = {
  columns: [
    { name: 'bucket', type: 'time' },
    { name: 'channel', type: 'string' },
    { name: 'edits', type: 'integer' },
  ],
  rows: [
    ['2015-09-12T00:00:00.000Z', '#en.wikipedia', 1234],
    ['2015-09-12T01:00:00.000Z', '维基', 4936],
  ],
  next_cursor: null,
  meta: { complete_through: '2026-01-01T00:00:00.000Z', status: 'current' },
};

async function run(args: readonly string[]) {
  const answer = ({ accept }: Asked): Response =>
    accept === 'text/csv' ? new Response('channel,edits\r\n#a,1\r\n') : Response.json(ANSWER);
  const { body, accept, ...ran } = await runCommand(['query', ...args], answer);
  return { ...ran, accepted: accept, asked: body === '' ? null : (JSON.parse(body) as unknown) };
}

describe('tidegate query', () => {
  it.each([
    [['--last', '1d'], 'summary'],
    [['--last', '1d', '-b', 'channel'], 'table'],
    [['--last', '1d', '-g', 'hour'], 'series'],
    [['--last', '1d', '-b', 'channel', '-g', 'hour'], 'series'],
    [['--last', '1d', '--fill', 'zero'], 'series'],
    [['--last', '1d', '--plot'], 'series'],
    [['--last', '1d', '--plot', '-b', 'channel'], 'table'],
    [['--last', '1d', '-g', 'hour', '-k', 'table'], 'table'],
  ])('without --kind %j asks for what the other flags are about', async (flags, kind) => {
    expect((await run(['wiki.edits', ...flags])).asked).toMatchObject({ kind });
  });

  it('asks for windows of dates', async () => {
    const asked = async (...flags: string[]) => (await run(['wiki.edits', ...flags])).asked;
    expect(await asked('--days', '7', '--as-of', '2026-11-01T12:00')).toMatchObject({ days: 7, as_of: '2026-11-01T12:00' });
    expect(await asked('--start', '2026-11-01', '--end', '2026-11-07')).toMatchObject({ start: '2026-11-01', end: '2026-11-07' });
  });

  it('prints CSV as the service writes it, byte for byte', async () => {
    const { code, out, err, accepted } = await run(['wiki.edits', '--last', '1d', '-b', 'channel', '--csv']);
    expect([code, out, err, accepted]).toEqual([0, 'channel,edits\r\n#a,1\r\n', '', 'text/csv']);
  });

  it('asks the question that its flags describe', async () => {
    const flags = ['-k', 'series', '-m', 'edits,added', '--last', '30d', '-g', 'day', '-z', 'Europe/Oslo', '-b', 'channel', '-n', '5'];
    const { asked } = await run([
      'wiki.edits',
      ...flags,
      '-w',
      'channel=#a|#b',
      '-w',
      'robot=false',
      '-w',
      'size>=10',
      '-w',
      'size<20',
      '-w',
      'page^=Main',
    ]);
    expect(asked).toEqual({
      metric: 'wiki.edits',
      kind: 'series',
      measures: ['edits', 'added'],
      last: '30d',
      grain: 'day',
      zone: 'Europe/Oslo',
      group_by: ['channel'],
      limit: 5,
      where: { channel: { in: ['#a', '#b'] }, robot: { eq: false }, size: { gte: 10, lt: 20 }, page: { prefix: 'Main' } },
    });
  });

  it('shows an aligned table, wide characters counted as two, and through when it is complete', async () => {
    const { out, err } = await run(['wiki.edits']);
    expect(out.split('\n')).toEqual([
      'bucket                    channel        edits',
      '────────────────────────  ─────────────  ─────',
      '2015-09-12T00:00:00.000Z  #en.wikipedia  1,234',
      '2015-09-12T01:00:00.000Z  维基           4,936',
      '',
    ]);
    expect(err).toBe('complete through 2026-01-01T00:00:00.000Z (current)\n');
  });

  it('draws a series to scale: a quarter of the greatest value is two of eight lines', async () => {
    const { out } = await run(['wiki.edits', '--plot']);
    const lines = out.split('\n').slice(1, 9);
    expect(lines.map((line) => line.slice(7))).toEqual([...Array<string>(6).fill('   ███'), '██████', '██████']);
  });

  it('refuses a condition that it cannot read, and asks nothing', async () => {
    const { code, err, asked } = await run(['wiki.edits', '-w', 'channel']);
    expect([code, err, asked]).toEqual([1, '--where "channel": write it as dimension=value.\n', null]);
  });
});
