import type { ServerResponse } from 'node:http';
import type { FaultCode } from '@tidegate/core';
import { FAULTS } from '@tidegate/core';

/** One place of the caller's input that is wrong. Path and message never repeat a value that the caller sent. */
export interface ProblemError {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** Why a whole request was refused. Title, status and the advice what to do next come from the list of faults. */
export interface ProblemFault {
  readonly code: FaultCode;
  /** In place of the list's own advice. */
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  /** Extension members of RFC 9457, snake_case. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Whole seconds; becomes the header `Retry-After`. Every 503 has one: 1 where none is given. */
  readonly retryAfterS?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every problem says about the request it answers. */
export interface ProblemContext {
  readonly requestId: string;
  readonly traceId: string;
}

/** An RFC 9457 document with Tidegate's members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FaultCode;
  readonly request_id: string;
  readonly trace_id: string;
  readonly errors?: readonly ProblemError[];
  readonly [member: string]: unknown;
}

export const PROBLEM_TYPE = 'application/problem+json';

export function toProblem(fault: ProblemFault, context: ProblemContext): Problem {
  const entry = FAULTS[fault.code];
  return {
    type: `/problems/${fault.code.replaceAll('_', '-')}`,
    title: entry.title,
    status: entry.status,
    detail: fault.detail ?? entry.next,
    code: fault.code,
    request_id: context.requestId,
    trace_id: context.traceId,
    ...(fault.errors === undefined ? {} : { errors: fault.errors }),
    ...fault.members,
  };
}

/**
 * Answers with the problem. Where the answer has begun already it cannot be taken back: the connection is cut, so that the
 * client sees a broken answer rather than a short one that looks whole.
 */
export function sendProblem(response: ServerResponse, fault: ProblemFault, context: ProblemContext): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = toProblem(fault, context);
  const body = Buffer.from(JSON.stringify(problem));
  const retryAfterS = fault.retryAfterS ?? (problem.status === 503 ? 1 : undefined);
  response.writeHead(problem.status, {
    ...fault.headers,
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    'cache-control': 'no-store',
    'content-type': PROBLEM_TYPE,
    'content-length': body.length,
    'x-request-id': context.requestId,
  });
  response.end(body);
}
