import { expect, onTestFinished, test } from 'vitest';
import { createWorld } from './world.ts';

test('who is told that it is ready is not told of the next request that it is not', async () => {
  const world = await createWorld(1);
  onTestFinished(() => world.close());
  const service = await world.start();
  const readyz = async (): Promise<number> => (await fetch(`http://127.0.0.1:${service.metricsPort}/readyz`)).status;
  const deadline = performance.now() + 20_000;
  while ((await readyz()) !== 200) if (performance.now() > deadline) throw new Error('never ready');
  expect((await world.call(service, '/v1/packs')).status).toBe(200);
});
