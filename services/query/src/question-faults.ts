/** What every way of asking refuses alike. */
import { failed, ok } from '@tidegate/core';
import type { Fault, Receipt, Result } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { Receipts } from './receipts.ts';

export function toProblemFault({ code, path, message }: Fault): ProblemFault {
  return { code, detail: message, errors: [{ path: path ?? '', code, message }] };
}

/** The receipt that a question waits for; null: it waits for none. */
export function openAfter(receipts: Pick<Receipts, 'open'>, after: string | undefined, tenant: string): Result<Receipt | null> {
  if (after === undefined) return ok(null);
  const receipt = receipts.open(after, tenant);
  return receipt === null ? failed({ code: 'receipt_invalid', path: 'after', message: 'not a receipt of this tenant' }) : ok(receipt);
}
