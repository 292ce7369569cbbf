import { migrate } from '@tidegate/postgres';

// A migrator as a process of its own, so that a drill can kill it: the folder of its migrations, and the database in DATABASE_URL.
const { applied } = await migrate({ databaseUrl: process.env['DATABASE_URL'] ?? '', directory: process.argv[2] ?? '' });
process.stdout.write(JSON.stringify(applied));
