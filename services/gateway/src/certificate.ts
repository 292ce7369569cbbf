/** The gateway's certificate: two files, which whoever renews it replaces. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { createListener } from '@tidegate/http';
import type { HttpListener, ListenerTls, ServerCertificate } from '@tidegate/http';
import { ConfigError, pause } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { Gate } from './gate.ts';

export interface TlsSettings {
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly tlsVersionMin: ListenerTls['versionMin'];
  readonly hstsSeconds: number;
}

/** Of the listener of the public API. */
export interface PublicSettings extends TlsSettings {
  readonly drainLingerMs: number;
}

export interface PublicListenerDeps {
  readonly metrics: Pick<Metrics, 'gauge'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Ends the looking at files. */
  readonly signal: AbortSignal;
  /** Default 5 s. */
  readonly lookEveryMs?: number;
}

/** Files are looked at and not watched: a mounted secret is replaced by links, which watching misses on some systems. */
const LOOK_EVERY_MS = 5_000;

/** The listener of the public API: TLS where a certificate is named. @throws ConfigError as `readTls` */
export function createPublicListener(gate: Gate, settings: PublicSettings, deps: PublicListenerDeps): HttpListener {
  const tls = readTls(settings);
  const common = { onUpgrade: gate, hstsSeconds: settings.hstsSeconds, lingerMs: settings.drainLingerMs };
  const listener = createListener(gate, tls === null ? common : { ...common, tls });
  if (tls !== null) void followCertificate({ settings, first: tls.certificate, renew: listener.renew }, deps);
  return listener;
}

/** Null where the gateway is to speak plain HTTP. @throws ConfigError where one file is named without the other, or they do not fit */
function readTls({ tlsCertFile, tlsKeyFile, tlsVersionMin: versionMin }: TlsSettings): ListenerTls | null {
  if (tlsCertFile === '' && tlsKeyFile === '') return null;
  if (tlsKeyFile === '') throw fault('TLS_KEY_FILE', 'is not set, but TLS_CERT_FILE is');
  if (tlsCertFile === '') throw fault('TLS_CERT_FILE', 'is not set, but TLS_KEY_FILE is');
  try {
    // At the start, where nobody waits for an answer yet.
    const certificate = checked({ cert: readFileSync(tlsCertFile, 'utf8'), key: readFileSync(tlsKeyFile, 'utf8') });
    return { certificate, versionMin };
  } catch (error) {
    throw fault('TLS_CERT_FILE', `and TLS_KEY_FILE are of no use: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function fault(env: string, problem: string): ConfigError {
  return new ConfigError('gateway', [{ env, problem }]);
}

/** @throws Error where a file is not there, is no PEM, or the key is another certificate's */
async function readCertificate({ tlsCertFile, tlsKeyFile }: TlsSettings): Promise<ServerCertificate> {
  const [cert, key] = await Promise.all([readFile(tlsCertFile, 'utf8'), readFile(tlsKeyFile, 'utf8')]);
  return checked({ cert, key });
}

function checked(certificate: ServerCertificate): ServerCertificate {
  createSecureContext(certificate);
  return certificate;
}

interface Followed {
  readonly settings: TlsSettings;
  readonly first: ServerCertificate;
  readonly renew: HttpListener['renew'];
}

/**
 * Takes renewed files over until the signal. Files that do not fit each other (one was replaced and the other not yet) or are
 * gone are left alone, with a warning once: what was taken last is served on.
 */
async function followCertificate({ settings, first, renew }: Followed, deps: PublicListenerDeps): Promise<void> {
  const { metrics, log, signal, lookEveryMs = LOOK_EVERY_MS } = deps;
  const expires = metrics.gauge('tls_certificate_expires_seconds');
  const tell = ({ cert }: ServerCertificate): void => expires.set(new X509Certificate(cert).validToDate.getTime() / 1_000);
  let last = first;
  let isWarned = false;
  tell(first);
  for (;;) {
    await pause(lookEveryMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const found = await readCertificate(settings);
      isWarned = false;
      if (found.cert === last.cert && found.key === last.key) continue;
      renew(found);
      tell(found);
      last = found;
      log.info('certificate_renewed');
    } catch (error) {
      if (!isWarned) log.warn('certificate_unreadable', { error });
      isWarned = true;
    }
  }
}
