import type { SignInDependencies } from './sign-in.ts';
import { createSignIn } from './sign-in.ts';
import type { RegistrationDependencies } from './registration.ts';
import { createRegistration } from './registration.ts';
import type { UserAdminDependencies } from './user-admin.ts';
import { createUserAdmin } from './user-admin.ts';
import { createPasswords } from './passwords.ts';

type AccountRoutes = ReturnType<typeof createSignIn> & ReturnType<typeof createUserAdmin> & ReturnType<typeof createRegistration>;
type AccountDependencies = SignInDependencies & UserAdminDependencies & RegistrationDependencies;

/** The routes of people; they share the threads that passwords are worked out on. */
export function createAccountRoutes(dependencies: Omit<AccountDependencies, 'passwords'>): AccountRoutes {
  const withPasswords = { ...dependencies, passwords: createPasswords() };
  return { ...createSignIn(withPasswords), ...createUserAdmin(withPasswords), ...createRegistration(withPasswords) };
}
