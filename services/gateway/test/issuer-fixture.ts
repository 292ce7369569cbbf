import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { CryptoKey, JWK, JWTHeaderParameters } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A signing key of an identity provider. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly secret: CryptoKey;
  readonly jwk: JWK;
}

export async function newSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, secret: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An identity provider's key set over real HTTP, which can be changed, broken and counted. */
export interface KeyServer {
  readonly uri: string;
  /** What is answered; null: 503. A text is sent as it is. */
  answer: readonly JWK[] | string | null;
  redirectTo: string | null;
  asked: number;
  close(): Promise<void>;
}

export async function startKeyServer(): Promise<KeyServer> {
  const http: Server = createServer((_request, response) => {
    server.asked += 1;
    const { answer, redirectTo } = server;
    if (redirectTo !== null) response.writeHead(302, { location: redirectTo }).end();
    else if (answer === null) response.writeHead(503).end();
    else response.writeHead(200).end(typeof answer === 'string' ? answer : JSON.stringify({ keys: answer }));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const server: KeyServer = {
    uri: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/keys`,
    answer: [],
    redirectTo: null,
    asked: 0,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

export interface TokenToSign {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header?: Partial<JWTHeaderParameters>;
}

export async function signToken({ kid, alg, secret }: SigningKey, { claims, header = {} }: TokenToSign): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(secret);
}

/** A token that no library would make: header and claims as given, the signature an HMAC, or absent. */
export function forgeToken(header: object, claims: object, hmacKey: string | null): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${hmacKey === null ? '' : createHmac('sha256', hmacKey).update(signed).digest('base64url')}`;
}
