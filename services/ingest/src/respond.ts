import { encodeReceipt, FAULTS } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { sendJson, sendProblem } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';
import type { EventVerdict, Ledger, LedgerSummary } from './ledger.ts';

export interface RespondDeps {
  /** Under the key `tidegate/receipt`. */
  readonly receiptSealer: Sealer;
  readonly logGeneration: () => number;
}

export interface Answer {
  readonly ledger: Ledger;
  readonly summary: LedgerSummary;
  readonly receivedAtMs: number;
  /** Whether the verdict of each event is told even if nobody asks: it holds an id that only the server knows. */
  readonly listsAll: boolean;
}

const RETRY_AFTER_S = 1;
/** Rejections told in a problem of a whole request; the others are like them. */
const ERRORS_MAX = 20;

/** Answers a request whose events have all got their verdict. */
export function createRespond(deps: RespondDeps): (exchange: Exchange, answer: Answer) => void {
  const sealReceipt = createSealReceipt(deps);
  return function respond(exchange, { ledger, summary, receivedAtMs, listsAll }) {
    const { accepted, rejected, retry } = summary;
    const unreadable = accepted + retry.length === 0 ? wholeFault(rejected) : null;
    if (unreadable !== null) {
      sendProblem(
        exchange.response,
        { code: unreadable, errors: toErrors(rejected), members: { accepted: 0, rejected: toRejected(rejected) } },
        exchange.context,
      );
      return;
    }
    const receipt = accepted === 0 ? null : sealReceipt(exchange.caller.tenant, ledger);
    const status = statusOf({ accepted, rejected: rejected.length, retry: retry.length });
    const body = {
      accepted,
      rejected: toRejected(rejected),
      retry: retry.map(({ index, id }) => ({ index, id })),
      receipt,
      received_at: new Date(receivedAtMs).toISOString(),
      ...(listsAll || exchange.query.get('verdicts') === 'all' ? { verdicts: ledger.verdicts().map(toVerdict) } : {}),
    };
    const headers = {
      ...(receipt === null ? {} : { 'tidegate-receipt': receipt }),
      ...(status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {}),
    };
    sendJson(exchange, body, { status, headers });
  };
}

/** The code of the whole, where nothing of the request could be read as an event or was taken of it at all. */
function wholeFault(rejected: readonly EventVerdict[]): keyof typeof FAULTS | null {
  const first = rejected[0]?.fault?.code;
  if (first === undefined) return 'not_an_event';
  if (first === 'body_too_large') return first;
  return rejected.every(({ fault }) => fault !== undefined && FAULTS[fault.code].status === 400) ? first : null;
}

function statusOf(counts: { readonly accepted: number; readonly rejected: number; readonly retry: number }): number {
  if (counts.accepted === 0) return counts.retry > 0 ? 503 : 422;
  return counts.rejected + counts.retry > 0 ? 207 : 202;
}

/** The receipt of what was accepted of a request. */
export function createSealReceipt({ receiptSealer, logGeneration }: RespondDeps): (tenant: string, ledger: Ledger) => string {
  return function sealReceipt(tenant, ledger) {
    const plain = encodeReceipt({ tenant, logGeneration: logGeneration(), entries: ledger.receiptEntries() });
    return `tgr1.${Buffer.from(receiptSealer.seal(plain)).toString('base64url')}`;
  };
}

function toRejected(rejected: readonly EventVerdict[]): readonly Record<string, unknown>[] {
  return rejected.map(({ index, id, fault }) => ({ index, id, code: fault?.code, path: fault?.path ?? '', message: fault?.message }));
}

function toErrors(rejected: readonly EventVerdict[]): { path: string; code: string; message: string }[] {
  return rejected.slice(0, ERRORS_MAX).map(({ index, fault }) => ({
    path: `events[${String(index)}]${fault?.path === undefined ? '' : `.${fault.path}`}`,
    code: fault?.code ?? '',
    message: fault?.message ?? '',
  }));
}

function toVerdict({ index, id, verdict, fault }: EventVerdict): Record<string, unknown> {
  return fault === undefined || verdict !== 'rejected' ? { index, id, verdict } : { index, id, verdict, code: fault.code };
}
