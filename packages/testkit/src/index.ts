export { testServers } from './test-servers.ts';
