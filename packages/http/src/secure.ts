import type { TlsOptions } from 'node:tls';

/** PEM: the certificate with those that lead to its authority, and its key. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ListenerTls {
  readonly certificate: ServerCertificate;
  readonly versionMin: '1.2' | '1.3';
}

/** Of TLS 1.3 all that there are. Of 1.2 those with forward secrecy and authenticated encryption, the strongest first. */
const CIPHERS: readonly string[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/** The order is the server's: a client that would take less gets the strongest that it knows. */
export function secureOptions({ certificate, versionMin }: ListenerTls): TlsOptions {
  return {
    cert: certificate.cert,
    key: certificate.key,
    minVersion: `TLSv${versionMin}`,
    ciphers: CIPHERS.join(':'),
    honorCipherOrder: true,
    ALPNProtocols: ['http/1.1'],
  };
}
