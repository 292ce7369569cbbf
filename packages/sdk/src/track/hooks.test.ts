import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { createHooks, emit, eventHook, HOOK_NAMES, subscribe } from './hooks.ts';

interface Payloads {
  readonly saved: { readonly id: number };
}

function createReporting() {
  const failures: string[] = [];
  const hooks = createHooks<Payloads>({ onError: (error, name) => failures.push(`${name}: ${(error as Error).message}`) });
  return { ...hooks, failures };
}

it('calls handlers in the order of registration with what was emitted', () => {
  const hooks = createReporting();
  const heard: string[] = [];
  hooks.subscribe('saved', ({ id }) => heard.push(`first ${id}`));
  hooks.subscribe('saved', ({ id }) => heard.push(`second ${id}`));
  hooks.emit('saved', { id: 7 });
  expect(heard).toEqual(['first 7', 'second 7']);
});

it('lets no handler that throws or rejects reach the emitter or other handlers', async () => {
  const hooks = createReporting();
  const heard: number[] = [];
  hooks.subscribe('saved', () => {
    throw new Error('thrown');
  });
  hooks.subscribe('saved', () => Promise.reject(new Error('rejected')));
  hooks.subscribe('saved', ({ id }) => heard.push(id));
  hooks.emit('saved', { id: 1 });
  expect(heard).toEqual([1]);
  await expect.poll(() => hooks.failures).toEqual(['saved: thrown', 'saved: rejected']);
});

it('goes on where even reporting fails', () => {
  const hooks = createHooks<Payloads>({
    onError: () => {
      throw new Error('no log');
    },
  });
  const heard: number[] = [];
  hooks.subscribe('saved', () => {
    throw new Error('thrown');
  });
  hooks.subscribe('saved', ({ id }) => heard.push(id));
  hooks.emit('saved', { id: 2 });
  expect(heard).toEqual([2]);
});

it('ends one subscription and no other, and changes nothing for an emit that is under way', () => {
  const hooks = createReporting();
  const heard: string[] = [];
  const handler = (): void => void heard.push('twice');
  const end = hooks.subscribe('saved', () => {
    heard.push('ends');
    end();
    hooks.subscribe('saved', () => heard.push('late'));
  });
  const endOne = hooks.subscribe('saved', handler);
  hooks.subscribe('saved', handler);
  hooks.emit('saved', { id: 1 });
  expect(heard).toEqual(['ends', 'twice', 'twice']);
  endOne();
  heard.length = 0;
  hooks.emit('saved', { id: 2 });
  expect(heard).toEqual(['twice', 'late']);
});

it('registers as a decorator would, and returns the function unchanged', () => {
  const heard: unknown[] = [];
  const handler = eventHook('training.activity.recorded')((payload) => heard.push(payload));
  emit('training.activity.recorded', { activity_id: 'a-1' });
  handler({ activity_id: 'by hand' });
  expect(heard).toEqual([{ activity_id: 'a-1' }, { activity_id: 'by hand' }]);
  const end = subscribe('training.nutrition.logged', (payload) => heard.push(payload));
  end();
  emit('training.nutrition.logged', { entry_id: 'n-1' });
  expect(heard).toHaveLength(2);
});

it('has nine names, those of the event types of pack fitness that people have a hand in', () => {
  const pack = readFileSync(new URL('../../../../packs/fitness/pack.yaml', import.meta.url), 'utf8');
  const { events } = parse(pack) as { events: Record<string, unknown> };
  expect(HOOK_NAMES).toHaveLength(9);
  expect([...HOOK_NAMES].toSorted()).toEqual(
    Object.keys(events)
      .filter((type) => type !== 'training.split.recorded')
      .toSorted(),
  );
});
