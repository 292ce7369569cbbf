import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../scripts/command.ts';
import { runInterruptible, type Interruptible } from './interruptible.ts';

/** A bench whose steps end when the test says so, and what became of it. */
function bench(start?: Interruptible<string>['start']) {
  const events = new EventEmitter();
  const happened: string[] = [];
  const work = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const running = runInterruptible<string>(
    {
      start: start ?? (async () => Promise.resolve('servers')),
      work: async (started) => {
        happened.push(`works on ${started}`);
        await work.promise;
      },
      end: async (started) => {
        happened.push(`ends ${started}`);
        await ended.promise;
        happened.push('ended');
      },
    },
    { on: (event, listener) => void events.on(event, listener), exit: (code) => void happened.push(`exit ${code}`) },
  );
  const interrupt = async (signal: string): Promise<void> => {
    events.emit(signal);
    await turn();
  };
  return { happened, work, ended, running, interrupt };
}

test('a second and a third interrupt wait for the end that the first began', async () => {
  const { happened, ended, running, interrupt } = bench();
  await turn();
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM']) await interrupt(signal);
  expect(happened).toEqual(['works on servers', 'ends servers']);
  ended.resolve();
  await running;
  expect(happened).toEqual(['works on servers', 'ends servers', 'ended', 'exit 1']);
});

test('an interrupt while servers start makes the start give up, and then the process ends', async () => {
  const started = Promise.withResolvers<string>();
  const { happened, running, interrupt } = bench(async (signal) => {
    signal.addEventListener('abort', () => happened.push('start is told'));
    return started.promise;
  });
  await interrupt('SIGINT');
  await interrupt('SIGINT');
  expect(happened).toEqual(['start is told']);
  started.reject(new Error('gave up, and ended what it had'));
  await running;
  expect(happened).toEqual(['start is told', 'exit 1']);
});

test('servers that stand in the moment of an interrupt are ended too', async () => {
  const started = Promise.withResolvers<string>();
  const { happened, ended, running, interrupt } = bench(async () => started.promise);
  await interrupt('SIGTERM');
  started.resolve('servers');
  ended.resolve();
  await running;
  expect(happened.filter((what) => !what.startsWith('works'))).toEqual(['ends servers', 'ended', 'exit 1']);
});

test('a part of the interrupted work that loses its server does not keep the end from coming', async () => {
  const program = `
    import { runInterruptible } from ${JSON.stringify(join(import.meta.dirname, 'interruptible.ts'))};
    const closed = Promise.withResolvers();
    await runInterruptible({
      start: async () => 'servers',
      work: async () => {
        void closed.promise;
        process.kill(process.pid, 'SIGTERM');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      },
      end: async () => {
        closed.reject(new Error('other side closed'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        process.stdout.write('ended');
      },
    });`;
  const outcome = await run({ program: process.execPath, args: ['--input-type=module', '--eval', program] });
  expect(outcome).toMatchObject({ code: 1, output: 'ended' });
});

test('without an interrupt the end comes after the work, and a failure of the work is told after it', async () => {
  const fine = bench();
  fine.work.resolve();
  fine.ended.resolve();
  await fine.running;
  expect(fine.happened).toEqual(['works on servers', 'ends servers', 'ended']);
  const failing = bench();
  failing.work.reject(new Error('no figure'));
  failing.ended.resolve();
  await expect(failing.running).rejects.toThrow('no figure');
  expect(failing.happened).toEqual(['works on servers', 'ends servers', 'ended']);
});
