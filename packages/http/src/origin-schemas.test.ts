import { describe, expect, it } from 'vitest';
import { ORIGINS_REQUEST_SCHEMA } from './origin-schemas.ts';

describe('an origin', () => {
  it.each(['https://app.example.com', 'http://localhost:5173', 'https://xn--bcher-kva.example', 'http://[::1]:8080', '*'])(
    'may be %s',
    (origin) => expect(ORIGINS_REQUEST_SCHEMA.safeParse({ origins: [origin] }).success).toBe(true),
  );
  it.each([
    'https://app.example.com/',
    'https://app.example.com/x',
    'https://App.example.com',
    'https://a.example:443',
    'app.example.com',
    'null',
    'file://x',
    'https://*.example.com',
    '',
  ])('is never %j, which no browser sends', (origin) =>
    expect(ORIGINS_REQUEST_SCHEMA.safeParse({ origins: [origin] }).success).toBe(false),
  );
});
