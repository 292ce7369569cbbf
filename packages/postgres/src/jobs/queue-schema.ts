import type pg from 'pg';

/** Where pg-boss keeps its tables. */
export const QUEUE_SCHEMA = 'pgboss';

/**
 * Brings the library's own schema to what this release of it wants, as the owner of the database. The role of the jobs may use it
 * and not change it, and a worker that finds another version than its own does not start.
 */
export async function installQueueSchema(client: pg.Client): Promise<void> {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    db: { executeSql: async (text, values) => client.query(text, values) },
    schema: QUEUE_SCHEMA,
    ...{ migrate: true, supervise: false, schedule: false, registerInstance: false },
    openTelemetry: { enabled: false },
  });
  const failed: unknown[] = [];
  boss.on('error', (error) => failed.push(error));
  await boss.start();
  await boss.stop({ graceful: true, close: false });
  if (failed.length > 0) throw new Error('the schema of the job queue could not be brought to its newest version', { cause: failed[0] });
  await client.query(
    `GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO tidegate_jobs;
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO tidegate_jobs;
     GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO tidegate_jobs;
     GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO tidegate_jobs;`,
  );
}
