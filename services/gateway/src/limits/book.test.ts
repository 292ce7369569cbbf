import { silentLogger } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import type { LimitBook } from './book.ts';
import { createLimitBook } from './book.ts';
import { limitSettings } from './settings.ts';

const SETTINGS = limitSettings({
  ...{
    limitIpPerMinute: 1_200,
    limitFitnessPerMinute: 30,
    limitGlobalPerMinute: 20_000,
    limitIngestPerMinute: 70,
    limitApiKeyPerMinute: 80,
  },
});

function open(): LimitBook {
  return createLimitBook({ settings: SETTINGS, log: silentLogger });
}

/** The fitness pack's own set, as its requirements give it. */
const FITNESS = {
  source: {
    limits: {
      policies: {
        'fitness.general': { scope: 'user', limit: 60, window_s: 60 },
        'fitness.correlation': { scope: 'user', limit: 10, window_s: 3_600 },
      },
      classes: [
        { class: 'fitness.correlation', routes: ['GET /v1/correlations'], policies: ['fitness.correlation', 'fitness.general'] },
        { class: 'fitness.general', routes: ['* /v1/activities/**'], policies: ['fitness.general'] },
      ],
    },
  },
};

function told(book: LimitBook, policy: string, tenant = 'acme', keyId: string | null = null): unknown {
  const found = book.limitsOf(tenant, keyId).policies.get(policy);
  return found === undefined ? null : [found.limit, found.burst, found.source];
}

describe('the book of limits', () => {
  it('settings of the process stand over what is shipped, in its proportions', () => {
    const book = open();
    expect(['ip', 'network', 'global', 'ingest', 'api_key', 'user'].map((name) => told(book, name))).toEqual([
      [1_200, 20, 'settings'],
      [12_000, 200, 'settings'],
      [20_000, 2_000, 'settings'],
      [70, 70, 'settings'],
      [80, 80, 'settings'],
      [100, 100, 'shipped'],
    ]);
    expect(told(book, 'fitness.general')).toBeNull();
  });

  it('a pack brings its own set to its tenant alone, for as long as it is there', () => {
    const book = open();
    book.putPack('acme', 'fitness', FITNESS);
    expect(told(book, 'fitness.general')).toEqual([30, 30, 'pack fitness']); // as RATE_LIMIT_PER_MINUTE says
    expect(told(book, 'fitness.correlation')).toEqual([10, 10, 'pack fitness']);
    expect(book.limitsOf('acme', null).classOf('GET', '/v1/correlations').name).toBe('fitness.correlation');
    expect(book.limitsOf('other', null).classOf('GET', '/v1/correlations').name).toBe('default');
    book.putPack('acme', 'fitness', null);
    expect(told(book, 'fitness.general')).toBeNull();
  });

  it('installation, tier, tenant and key each stand over the one before', () => {
    const book = open();
    const said: unknown[] = [];
    const look = (): void => void said.push(told(book, 'api_key', 'acme', 'key_1'));
    book.putLimits('-', { policies: { api_key: { limit: 200 } }, tiers: { gold: { policies: { api_key: { limit: 300 } } } }, tenants: {} });
    look();
    book.putLimits('-', {
      policies: { api_key: { limit: 200 } },
      tiers: { gold: { policies: { api_key: { limit: 300 } } } },
      tenants: { acme: 'gold' },
    });
    look();
    book.putLimits('acme', { policies: { api_key: { limit: 400 } } });
    look();
    book.putLimits('acme', { policies: { api_key: { limit: 400 } }, keys: { key_1: { policies: { api_key: { limit: 500 } } } } });
    look();
    expect(said).toEqual([
      [200, 200, 'installation'],
      [300, 300, 'tier gold'],
      [400, 400, 'tenant'],
      [500, 500, 'key'],
    ]);
    expect(told(book, 'api_key', 'acme', 'key_2')).toEqual([400, 400, 'tenant']);
    book.putLimits('acme', null);
    book.putLimits('-', null);
    expect(told(book, 'api_key', 'acme', 'key_1')).toEqual([80, 80, 'settings']);
  });

  it.each([
    ['text', 'x'],
    ['a member that there is not', { polices: {} }],
    ['a limit of the installation', { policies: { global: { limit: 1 } } }],
    ['a limit of the installation, for a key', { keys: { k: { policies: { ip: { limit: 1 } } } } }],
    ['a class of a policy that there is not', { classes: [{ class: 'c', routes: ['* /**'], policies: ['none'] }] }],
    ['pages that may read answers, which limits say nothing of', { cors_origins: ['https://example.com/path'] }],
  ])('%s changes nothing', (_, value) => {
    const book = open();
    book.putLimits('acme', { policies: { user: { limit: 7 } } });
    expect(book.check('acme', value)).toMatchObject({ ok: false, fault: [{ code: 'limits_invalid' }] });
    book.putLimits('acme', value);
    expect([told(book, 'user'), book.version()]).toEqual([[7, 7, 'tenant'], 1]);
  });
});
