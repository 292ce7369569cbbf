export { testServers } from './test-servers.ts';
export { createTcpProxy } from './tcp-proxy.ts';
export type { TcpProxy } from './tcp-proxy.ts';
export { createSeededRandom } from './seeded-random.ts';
