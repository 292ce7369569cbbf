export { testServers } from './test-servers.ts';
export { createCertificate } from './certificate.ts';
export type { Certificate } from './certificate.ts';
export { createTcpProxy } from './tcp-proxy.ts';
export type { TcpProxy } from './tcp-proxy.ts';
export { createTlsProxy } from './tls-proxy.ts';
export type { TlsProxy } from './tls-proxy.ts';
export { createSeededRandom } from './seeded-random.ts';
