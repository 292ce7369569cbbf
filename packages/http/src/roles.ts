import type { Scope } from './admin-schemas.ts';

export interface Role {
  readonly title: string;
  readonly scopes: readonly Scope[];
  /** Whether it is about one person's rows alone: a user of it has a subject. */
  readonly needsSubject: boolean;
}

/**
 * What people do, and the scopes that it takes; data, so that a new role is a line. Every role may ask questions: a session is
 * of somebody who looks at something. Roles with `events:read` see everybody's rows, all others those of the user's subject,
 * where the user has one.
 */
export const ROLES = {
  admin: {
    title: 'Looks after the tenant: keys, users, issuers, packs, limits',
    scopes: ['query:read', 'events:read', 'live:read', 'ingest:write', 'ingest:write_any', 'tenant:admin'],
    needsSubject: false,
  },
  operator: {
    title: 'Looks after the installation',
    scopes: ['query:read', 'live:read', 'cache:read', 'cache:admin', 'ops:admin'],
    needsSubject: false,
  },
  privacy_officer: {
    title: 'Answers requests of persons about their data',
    scopes: ['query:read', 'events:read', 'privacy:admin'],
    needsSubject: false,
  },
  analyst: {
    title: 'Asks questions about everybody',
    scopes: ['query:read', 'events:read', 'live:read', 'cache:read'],
    needsSubject: false,
  },
  viewer: { title: 'Looks at dashboards', scopes: ['query:read', 'live:read'], needsSubject: false },
  person: { title: 'Sees and sends what is about themself', scopes: ['query:read', 'live:read', 'ingest:write'], needsSubject: true },
} as const satisfies Readonly<Record<string, Role>>;

export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES: readonly RoleName[] = Object.keys(ROLES) as RoleName[];

/** Scopes of all the roles together; a name that is no role any more gives none. */
export function scopesOfRoles(names: readonly string[]): readonly Scope[] {
  const scopes = names.flatMap((name): readonly Scope[] => (Object.hasOwn(ROLES, name) ? ROLES[name as RoleName].scopes : []));
  return [...new Set(scopes)];
}
