export interface LogSaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export interface LogSslOptions {
  /** Certificates of the authorities, PEM; absent: those of the runtime. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface LogClientOptions {
  /** `host:port` of brokers to begin with. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly sasl?: LogSaslOptions;
  /** Present: TLS. */
  readonly ssl?: LogSslOptions;
  /** How long an append is retried before it fails; default 30 s. */
  readonly deliveryTimeoutMs?: number;
  /** Clock for deadlines and producer timestamps, epoch ms. */
  readonly now?: () => number;
}
