import { ResponseError } from '@platformatic/kafka';
import { describe, expect, it, vi } from 'vitest';
import { NoLeader, untilLeaderAnswers } from './list-offsets.ts';

const LIST_OFFSETS_API = 2;
/** What the client's library rejects with when a broker answers one partition with an error code. */
const answered = (errorCode: number): Error =>
  new ResponseError(LIST_OFFSETS_API, 7, { '/topics/0/partitions/0': [errorCode, null] }, null);
const noPause = (): Promise<void> => Promise.resolve();

describe('asking a leader', () => {
  it.each([
    ['an answer of one that leads no more', answered(6)],
    ['an answer in an election', answered(5)],
    ['metadata without a leader', new NoLeader('events', 3)],
  ])('goes on after %s', async (_, failure) => {
    const ask = vi.fn<() => Promise<string>>().mockRejectedValueOnce(failure).mockRejectedValueOnce(failure).mockResolvedValue('asked');
    await expect(untilLeaderAnswers(ask, noPause)).resolves.toBe('asked');
    expect(ask).toHaveBeenCalledTimes(3);
  });

  it('says in the end that nobody leads', async () => {
    const ask = vi.fn<() => Promise<string>>().mockRejectedValue(new NoLeader('events', 3));
    await expect(untilLeaderAnswers(ask, noPause)).rejects.toThrow('events/3 has no leader');
    expect(ask.mock.calls.length).toBeGreaterThan(3);
  });

  it('passes on at once what is about something else', async () => {
    const refused = answered(29);
    const ask = vi.fn<() => Promise<string>>().mockRejectedValue(refused);
    await expect(untilLeaderAnswers(ask, noPause)).rejects.toBe(refused);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
