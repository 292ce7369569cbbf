/** Addresses of the real servers that an integration test uses. */
export interface TestServers {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Reads the addresses that the test command has set; an absent server is a failure, never a skip. */
export function testServers(): TestServers {
  return { kafkaBrokers: required('KAFKA_BROKERS'), databaseUrl: required('DATABASE_URL'), redisUrl: required('REDIS_URL') };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run "npm test", which starts the servers`);
  return value;
}
