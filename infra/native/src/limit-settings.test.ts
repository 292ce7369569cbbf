import { expect, it } from 'vitest';
import { limitSettings } from './limit-settings.ts';

it('on one machine no address is limited, and a test not by the whole either', () => {
  expect(limitSettings({ tuning: 'serve', env: {} })).toEqual({ RATE_LIMIT_REQUESTS_PER_MINUTE: '6000000' });
  expect(limitSettings({ tuning: 'test', env: {} })).toEqual({
    RATE_LIMIT_REQUESTS_PER_MINUTE: '6000000',
    LIMIT_GLOBAL_PER_MINUTE: '6000000',
  });
});

it('what the environment says stands; an empty text says nothing', () => {
  expect(limitSettings({ tuning: 'serve', env: { RATE_LIMIT_REQUESTS_PER_MINUTE: '600' } })).toEqual({});
  expect(limitSettings({ tuning: 'serve', env: { RATE_LIMIT_REQUESTS_PER_MINUTE: '' } })).toEqual({
    RATE_LIMIT_REQUESTS_PER_MINUTE: '6000000',
  });
});
