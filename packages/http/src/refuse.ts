import type { Exchange } from './exchange.ts';
import type { ProblemFault } from './problem.ts';
import { sendProblem } from './problem.ts';

/** Answers with what is wrong. */
export function refuse({ response, context }: Exchange, fault: ProblemFault): void {
  sendProblem(response, fault, context);
}

/** The same, where the caller may be sending a body still that nobody reads: its connection is of use again once that is over. */
export function refuseUnread(exchange: Exchange, fault: ProblemFault): void {
  if (!exchange.request.complete) exchange.request.resume();
  refuse(exchange, fault);
}
