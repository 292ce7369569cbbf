import { z } from 'zod';
import { ROLE_NAMES } from './roles.ts';
import { INSTANT_SCHEMA } from './route-schemas.ts';

/** Schemas of bodies of the routes of users: signing in, and administration. */

const USERNAME = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._-]{1,62}$/, 'has 2 to 63 letters, digits, dots, underscores and hyphens, and begins with a letter or digit')
  .meta({ description: 'Compared without case.' });
const EMAIL = z.email().max(254).toLowerCase();
/** Bounds the work of reading one; what it must hold is told rule by rule. */
const PASSWORD = z.string().max(1_000);
const ROLES_OF_USER = z
  .array(z.enum(ROLE_NAMES))
  .min(1)
  .max(ROLE_NAMES.length)
  .transform((roles) => [...new Set(roles)])
  .meta({ description: 'Names of roles; `GET /v1/admin/roles` lists them.' });

export const USER_PARAMS = z.object({ user: z.string().regex(/^usr_[0-9A-Za-z]{1,64}$/) });
export const USERS_QUERY = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: USER_PARAMS.shape.user.optional(),
});

export const USER_REQUEST_SCHEMA = z
  .strictObject({
    username: USERNAME,
    email: EMAIL.nullable().default(null),
    password: PASSWORD.meta({
      description: 'At least 8 characters, of them an upper case letter, a digit and a special character; at most 72 bytes.',
    }),
    roles: ROLES_OF_USER,
    subject: z
      .string()
      .min(1)
      .max(256)
      .nullable()
      .default(null)
      .meta({ description: 'The id that events name the person by. Never changed: make another user.' }),
  })
  .meta({ id: 'UserRequest' });

/** What is beside the names and the password is told to the write of a pack by which persons are registered. */
export const REGISTER_REQUEST_SCHEMA = z
  .looseObject({
    username: z
      .string()
      .toLowerCase()
      .regex(/^[a-z0-9_.]{3,50}$/, 'has 3 to 50 letters, digits, underscores and dots')
      .meta({ description: 'Compared without case.' }),
    email: EMAIL,
    password: PASSWORD,
  })
  .meta({ id: 'RegisterRequest', description: 'Further members are those of the write of the pack that registers persons.' });
export const REGISTERED_SCHEMA = z
  .looseObject({ id: z.string().meta({ description: 'Of the user, and the subject of the events about the person.' }) })
  .meta({ id: 'Registered' });

export const USER_CHANGE_SCHEMA = z
  .strictObject({ roles: ROLES_OF_USER.optional(), password: PASSWORD.optional(), state: z.enum(['active', 'disabled']).optional() })
  .refine((change) => Object.values(change).some((member) => member !== undefined), { message: 'changes at least one member' })
  .meta({ id: 'UserChange', description: 'A new password and disabling end all sessions of the user; new roles end access tokens.' });

export const USER_SCHEMA = z
  .object({
    id: z.string(),
    tenant: z.string(),
    username: z.string(),
    email: z.string().nullable(),
    roles: z.array(z.string()),
    scopes: z.array(z.string()),
    subject: z.string().nullable(),
    state: z.enum(['active', 'disabled']),
    created_at: INSTANT_SCHEMA,
    disabled_at: INSTANT_SCHEMA.nullable(),
  })
  .meta({ id: 'User' });
export const USERS_SCHEMA = z.object({ users: z.array(USER_SCHEMA), next_cursor: z.string().nullable() });
export const ROLES_SCHEMA = z.object({
  roles: z.array(z.object({ name: z.string(), title: z.string(), scopes: z.array(z.string()), needs_subject: z.boolean() })),
});

const NAME = z.string().trim().toLowerCase().min(1).max(254);
export const LOGIN_REQUEST_SCHEMA = z
  .strictObject({
    username: NAME.optional(),
    email: NAME.optional(),
    password: PASSWORD,
    tenant: z.string().min(1).max(63).optional().meta({ description: 'Whose user it is; absent: of `LOGIN_TENANT`.' }),
  })
  .refine(({ username, email }) => (username === undefined) !== (email === undefined), {
    path: ['username'],
    message: 'either username or email names the user',
  })
  .meta({ id: 'LoginRequest' });
export const REFRESH_REQUEST_SCHEMA = z.strictObject({ refresh_token: z.string().min(1).max(200) }).meta({ id: 'RefreshRequest' });
export const LOGOUT_REQUEST_SCHEMA = z.strictObject({});
export const SESSION_SCHEMA = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.literal(1_800),
    refresh_token: z.string().meta({ description: 'Good for one use. Used twice it ends the session.' }),
    refresh_expires_at: INSTANT_SCHEMA.meta({ description: 'End of the session; refreshing does not move it.' }),
  })
  .meta({ id: 'Session' });
