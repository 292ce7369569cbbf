import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import type { Tracker } from './index.ts';

/** As `pnpm --filter @tidegate/sdk bundle` makes it. */
async function bundle(): Promise<string> {
  const build = await rolldown({ input: fileURLToPath(new URL('index.ts', import.meta.url)) });
  const { output } = await build.generate({ format: 'iife', name: 'tidegate', minify: true });
  await build.close();
  return output[0].code;
}

it('is one script of less than 5 KB in gzip that runs where there is nothing but a page', async () => {
  const code = await bundle();
  expect(gzipSync(code).length).toBeLessThan(5_120);
  const bodies: string[] = [];
  const page = createContext({
    ...{ crypto, TextEncoder, URL, AbortController, setTimeout, clearTimeout, performance, Headers },
    document: { visibilityState: 'visible', addEventListener: () => undefined },
    fetch: (_url: string, init: RequestInit) => {
      bodies.push(new TextDecoder().decode(init.body as Uint8Array));
      return Promise.resolve(Response.json({ accepted: 1, rejected: [], retry: [], receipt: 'tgr1.x' }, { status: 202 }));
    },
  });
  runInContext(code, page);
  const tracker = runInContext(
    `tidegate.createPageTracker({ gateway: 'https://events.example.org', publishableKey: 'pub', fetch })`,
    page,
  ) as Tracker;
  tracker.trackLevel('ada', 3);
  await tracker.close();
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ type: 'learning.level.reached', subject: 'ada', data: { level: 3 } });
});
