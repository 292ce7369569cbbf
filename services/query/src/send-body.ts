/** How bodies go out: in the smaller form that the caller takes, and not at all to who has them. */
import type { Addressee } from '@tidegate/http';
import type { Step } from '@tidegate/telemetry';
import { isNamed } from './answer-body.ts';
import { compressed } from './compressed.ts';
import type { Encoding } from './compressed.ts';

interface Sending {
  readonly status?: number;
  readonly body: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export function sendBody(
  step: Step,
  { request, response, context }: Omit<Addressee, 'caller'>,
  { status = 200, body, headers }: Sending,
): void {
  // Until the last byte is out, or the client gone.
  void step('send_response', async () => {
    const closed = new Promise((resolve) => response.once('close', resolve));
    const small = body === null ? null : await compressed(body, oneOf(request.headers['accept-encoding']));
    const length = small === null ? {} : { 'content-length': small.body.length };
    response.writeHead(status, { ...encoded(headers, small?.encoding ?? null), ...length, 'x-request-id': context.requestId });
    response.end(small?.body);
    await closed;
  });
}

interface KeptSending {
  readonly contentType: string;
  /** Of 200 and 304 alike. */
  readonly headers: Readonly<Record<string, string>> & { readonly etag: string };
  /** Made where it is sent. */
  readonly body: () => Buffer;
}

/** What callers may keep: who names its tag is told 304, and has it already. */
export function sendKept(step: Step, to: Omit<Addressee, 'caller'>, { contentType, headers, body }: KeptSending): void {
  if (isNamed(to.request.headers['if-none-match'], headers.etag)) return sendBody(step, to, { status: 304, body: null, headers });
  sendBody(step, to, { body: body(), headers: { 'content-type': contentType, ...headers } });
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}

/** A strong tag is of the bytes that go out; what it says of the answer stays true of its other forms. */
function encoded(headers: Sending['headers'], encoding: Encoding | null): Sending['headers'] {
  const { vary, etag, ...others } = headers;
  return {
    ...others,
    vary: vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`,
    ...(etag === undefined ? {} : { etag: encoding === null || etag.startsWith('W/') ? etag : `W/${etag}` }),
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  };
}
