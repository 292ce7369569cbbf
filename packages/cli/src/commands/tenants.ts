import type { Command } from 'commander';
import { CommandFailure, directDatabaseUrl, printJson, type Terminal } from '../terminal.ts';

const ADMIN_SCOPES = ['ingest:write', 'query:read', 'events:read', 'tenant:admin', 'privacy:admin', 'ops:admin'];

/** Tenants are made in the database itself: before there is one, there is no key with which the gateway could be asked. */
export function addTenants(program: Command, terminal: Terminal): void {
  program
    .command('tenants')
    .description('Tenants of the installation, in DATABASE_DIRECT_URL or DATABASE_URL.')
    .command('create <tenant>')
    .description('Make a tenant and a first key that may make others; its secret is shown once.')
    .option('--title <title>', 'for people to read (default: the name)')
    .action(async (tenant: string, flags: { readonly title?: string }) => {
      if (!/^[a-z][a-z0-9-]{0,62}$/.test(tenant))
        throw new CommandFailure('A tenant is named by a letter, then letters, digits and hyphens: at most 63, all small.');
      const { createControlStore } = await import('@tidegate/postgres');
      const databaseUrl = directDatabaseUrl(terminal);
      const store = createControlStore({ databaseUrl });
      try {
        if (!(await store.createTenant({ tenant, title: flags.title ?? tenant })))
          throw new CommandFailure(`${tenant} is there already: its keys are made with "tidegate keys create".`);
        const key = await store.createKey({ tenant, name: 'first', kind: 'live', scopes: ADMIN_SCOPES, expiresAtMs: null });
        if (key === null) throw new CommandFailure(`${tenant} went away while its key was made.`);
        printJson(terminal, { tenant, key: key.secret, scopes: ADMIN_SCOPES });
      } finally {
        await store.close();
      }
    });
}
