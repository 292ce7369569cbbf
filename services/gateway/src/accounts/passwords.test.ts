import { describe, expect, it } from 'vitest';
import { createPasswords } from './passwords.ts';

/** Made by crypt(3) of libxcrypt, of cost 4 where nothing is measured. */
const KNOWN = {
  horse: '$2b$04$abcdefghijklmnopqrstuuL14P8YbLAn0JkPxtgtQFRlH3V5k9ZVC',
  horseOfCost12: '$2b$12$abcdefghijklmnopqrstuux8vFXrN4f2Dy1/zY0fsjfGWB8wQZ22q',
  longest: '$2b$04$abcdefghijklmnopqrstuuYXcKsKzn5ouV/h4V2p91F5BfNQkfkjG',
  short: '$2b$04$abcdefghijklmnopqrstuudOYEqMFtDBSAHAnaniIuW/BKam3ndZ6',
};
const [HORSE, LONGEST, SHORT] = ['Correct-Horse-9', `A1!${'x'.repeat(69)}`, 'A1!xxxxx'];

describe('passwords', () => {
  const passwords = createPasswords();

  it('become bcrypt of cost 12, off the event loop', async () => {
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 5);
    const hash = await passwords.hash(HORSE);
    clearInterval(counting);
    expect(hash).toMatch(/^\$2b\$12\$[./A-Za-z0-9]{53}$/);
    // It takes some 300 ms of a processor; a loop that stood still for it would have turned once at most.
    expect(turns).toBeGreaterThan(3);
  });

  it('are known again, also by what another program made of them', async () => {
    expect(await passwords.matches(HORSE, KNOWN.horse)).toBe(true);
    expect(await passwords.matches('Correct-Horse-8', KNOWN.horse)).toBe(false);
  });

  it('take the same work where there is no such user, and are wrong', async () => {
    const timed = async (against: string | null): Promise<number> => {
      const startedMs = performance.now();
      expect(await passwords.matches('Wrong-Horse-9', against)).toBe(false);
      return performance.now() - startedMs;
    };
    const [known, unknown] = [await timed(KNOWN.horseOfCost12), await timed(null)];
    // Nothing but a look-up would be a thousandth; a neighbour on the machine makes a difference of two.
    expect(unknown).toBeGreaterThan(known / 8);
  });

  it('longer than bcrypt reads are not taken for their beginning', async () => {
    expect([LONGEST.length, await passwords.matches(LONGEST, KNOWN.longest)]).toEqual([72, true]);
    expect(await passwords.matches(`${LONGEST}y`, KNOWN.longest)).toBe(false);
    expect(await passwords.matches(SHORT, KNOWN.short)).toBe(true);
    expect(await passwords.matches(`${SHORT}\0more`, KNOWN.short)).toBe(false);
  });

  it('wait in a line that has an end', async () => {
    const busy = createPasswords();
    const asked = await Promise.all(Array.from({ length: 36 }, () => busy.matches(HORSE, KNOWN.horse)));
    expect(asked).toEqual([...Array.from({ length: 34 }, () => true), null, null]);
    expect(await busy.matches(HORSE, KNOWN.horse)).toBe(true);
  });
});
