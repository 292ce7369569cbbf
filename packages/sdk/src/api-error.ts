import { members, textOf } from './wire.ts';

/** A refusal by the gateway, with the members of its problem document (RFC 9457). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Stable, snake_case; `http_<status>` where the answer was no problem document. */
  readonly code: string;
  readonly requestId: string | null;

  constructor(status: number, body: unknown) {
    const { title, detail, code, request_id: requestId, errors } = members(body);
    const faults = Array.isArray(errors) ? errors.map((fault) => faultText(members(fault))).join('; ') : '';
    super([textOf(title) ?? `HTTP ${status}`, textOf(detail), faults].filter((part) => part !== null && part !== '').join(': '));
    this.status = status;
    this.code = textOf(code) ?? `http_${status}`;
    this.requestId = textOf(requestId);
  }
}

function faultText(fault: Readonly<Record<string, unknown>>): string {
  return [textOf(fault['path']), textOf(fault['message'])].filter((part) => part !== null).join(' ');
}

/** The gateway could not be reached, or its answer broke off, as often as it was tried. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
