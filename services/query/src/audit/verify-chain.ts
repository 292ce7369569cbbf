import type { AuditReader, StoredChain } from '@tidegate/postgres';
import type { AuditChain, AuditLink, ChainFault, ChainPlace } from '@tidegate/runtime';
import { CHAIN_START, checkChainEnd, createChainCheck } from '@tidegate/runtime';

export interface VerifyAsk {
  readonly tenant: string;
  /** Null: from the first record. */
  readonly fromNo: number | null;
  readonly recordsMax: number;
  /** A record that somebody wrote down elsewhere; its hash in hex. */
  readonly seen: { readonly no: number; readonly hash: string } | null;
}

type Fault = ChainFault | 'end_missing' | 'end_unsigned' | 'total_differs' | 'seen_differs';

interface Finding {
  readonly no: number;
  readonly fault: Fault;
}

export interface Verified {
  readonly state: 'whole' | 'broken';
  readonly base_no: number;
  readonly last_no: number;
  readonly last_hash: string;
  readonly checked: number;
  readonly next_from: number | null;
  readonly findings: readonly (Finding & { readonly meaning: string })[];
}

const MEANINGS: Readonly<Record<Fault, string>> = {
  altered: 'The record is not what was hashed.',
  unlinked: 'The record does not follow the one before it: one of the two was put in place of another.',
  missing: 'The record, and perhaps more after it, is gone.',
  misplaced: 'The record stands where it does not belong.',
  unsigned: 'The record was not written by this installation: its signature is not of its SECRET_KEY.',
  end_missing: 'Nothing says where the chain ends: its row was removed.',
  end_unsigned: 'What says where the chain begins and ends was altered.',
  total_differs: 'Records of some tenant are gone with the end of their chain: all chains do not hold what was signed.',
  seen_differs: 'The record that was written down elsewhere is not there any more as it was.',
};
const PAGE_LINKS = 1_000;
const FINDINGS_MAX = 100;

type Signed = Pick<AuditChain, 'isLinkSigned' | 'areEndsSigned' | 'isTotalSigned'>;

/**
 * Follows a chain from its signed beginning, or from a record that is signed itself, to its signed end. The end is read first:
 * what is kept meanwhile comes after it and is left to the next time.
 */
export async function verifyChain(reader: AuditReader, chain: Signed, ask: VerifyAsk): Promise<Verified> {
  const { tenant, recordsMax } = ask;
  const stored = await reader.readChain(tenant);
  const { base, last } = stored.ends ?? { base: CHAIN_START, last: stored.record ?? CHAIN_START };
  const fromNo = Math.max(base.no + 1, ask.fromNo ?? 0);
  const throughNo = Math.min(last.no, fromNo - 1 + recordsMax);
  const start = await startAt(reader, chain, { tenant, base, fromNo });
  const followed = await follow(reader, chain, { tenant, after: start.place, throughNo });
  const findings = [
    ...checkEnds(chain, stored),
    ...(await checkTotal(reader, chain)),
    ...(await checkSeen(reader, ask, base)),
    ...start.findings,
    ...followed.findings,
    ...(throughNo < last.no ? gapBefore(followed.reached, throughNo) : checkChainEnd(followed.reached, last)),
  ];
  return {
    state: findings.length === 0 ? 'whole' : 'broken',
    ...{ base_no: base.no, last_no: last.no, last_hash: hexOf(last.hash), checked: followed.checked },
    next_from: throughNo < last.no ? throughNo + 1 : null,
    findings: findings.slice(0, FINDINGS_MAX).map((one) => ({ ...one, meaning: MEANINGS[one.fault] })),
  };
}

interface Stretch {
  readonly tenant: string;
  readonly after: ChainPlace;
  readonly throughNo: number;
}

interface Followed {
  readonly findings: readonly Finding[];
  readonly checked: number;
  readonly reached: ChainPlace;
}

async function follow(reader: AuditReader, chain: Signed, { tenant, after, throughNo }: Stretch): Promise<Followed> {
  const check = createChainCheck(after, chain);
  const findings: Finding[] = [];
  let checked = 0;
  while (check.place().no < throughNo) {
    const fromNo = check.place().no + 1;
    const rowsMax = Math.min(PAGE_LINKS, throughNo - fromNo + 1);
    const links = (await reader.readLinks({ tenant, fromNo, rowsMax })).filter(({ no }) => no <= throughNo);
    if (links.length === 0) break;
    for (const link of links) findings.push(...check.take(link));
    checked += links.length;
  }
  return { findings, checked, reached: check.place() };
}

/** Where more is to follow, a gap up to there is told now. */
function gapBefore({ no }: ChainPlace, throughNo: number): readonly Finding[] {
  return no < throughNo ? [{ no: no + 1, fault: 'missing' }] : [];
}

/** Both are of one moment: a record after the end is none that was kept meanwhile. */
function checkEnds(chain: Signed, { ends, record }: StoredChain): readonly Finding[] {
  if (ends === null) return record === null ? [] : [{ no: record.no, fault: 'end_missing' }];
  if (!chain.areEndsSigned(ends)) return [{ no: ends.last.no, fault: 'end_unsigned' }];
  return record !== null && record.no > ends.last.no ? [{ no: record.no, fault: 'misplaced' }] : [];
}

async function checkTotal(reader: AuditReader, chain: Signed): Promise<readonly Finding[]> {
  const total = await reader.readTotal();
  const isNothing = total.records === 0 && total.found === 0;
  const isWhole = total.records === total.found && chain.isTotalSigned(total);
  return isNothing || isWhole ? [] : [{ no: 0, fault: 'total_differs' }];
}

async function checkSeen(reader: AuditReader, { tenant, seen }: VerifyAsk, base: ChainPlace): Promise<readonly Finding[]> {
  if (seen === null) return [];
  const { no, hash } = seen;
  // What was before the base was kept for seven years.
  if (no < base.no || (no === base.no && hash === hexOf(base.hash))) return [];
  const link = await linkAt(reader, tenant, no);
  return link !== null && hexOf(link.hash) === hash ? [] : [{ no, fault: 'seen_differs' }];
}

interface Start {
  readonly tenant: string;
  readonly base: ChainPlace;
  readonly fromNo: number;
}

/** A record's own signature covers its place and all before it, so it can be gone on from. */
async function startAt(
  reader: AuditReader,
  chain: Signed,
  { tenant, base, fromNo }: Start,
): Promise<{ readonly place: ChainPlace; readonly findings: readonly Finding[] }> {
  if (fromNo === base.no + 1) return { place: base, findings: [] };
  const no = fromNo - 1;
  const link = await linkAt(reader, tenant, no);
  if (link === null) return { place: { no, hash: CHAIN_START.hash }, findings: [{ no, fault: 'missing' }] };
  return { place: link, findings: chain.isLinkSigned(link) ? [] : [{ no, fault: 'unsigned' }] };
}

async function linkAt(reader: AuditReader, tenant: string, no: number): Promise<AuditLink | null> {
  const [link] = await reader.readLinks({ tenant, fromNo: no, rowsMax: 1 });
  return link?.no === no ? link : null;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
