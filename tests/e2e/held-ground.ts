import type { Ground } from '../drills/catalogue.ts';
import { withGround, type GroundOptions } from '../drills/own-system.ts';

/** A system that several tests, one after the other, have drills on; `release` ends it. */
export async function holdGround(options: Omit<GroundOptions, 'namespace'>): Promise<{ ground: Ground; release: () => Promise<void> }> {
  const namespace = `drills_${process.pid}_${(Date.now() % 1_000_000).toString(36)}`;
  const over = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<Ground>();
  const running = withGround({ ...options, namespace }, async (ground) => {
    opened.resolve(ground);
    await over.promise;
  });
  running.catch(opened.reject);
  const release = async (): Promise<void> => {
    over.resolve();
    await running;
  };
  return { ground: await opened.promise, release };
}
