import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLink, ChainFinding, ChainPlace } from './audit-chain.ts';
import { auditHash, CHAIN_START, checkChainEnd, createAuditChain, createChainCheck } from './audit-chain.ts';

const chain = createAuditChain(new Uint8Array(32).fill(3));
/** Of whoever can write the database, and lacks the key. */
const forger = createAuditChain(new Uint8Array(32).fill(4));

function chainOf(records: readonly string[], tenant = 'acme'): AuditLink[] {
  const links: AuditLink[] = [];
  let place = CHAIN_START;
  for (const [at, record] of records.entries()) {
    const link = chain.link({ tenant, keptAtMs: 1_000 + at, record }, place);
    links.push(link);
    place = link;
  }
  return links;
}

function faultsOf(links: readonly AuditLink[], end: ChainPlace, start: ChainPlace = CHAIN_START): readonly ChainFinding[] {
  const check = createChainCheck(start, chain);
  return [...links.flatMap((link) => check.take(link)), ...checkChainEnd(check.place(), end)];
}

const endOf = (links: readonly AuditLink[]): ChainPlace => links.at(-1) ?? CHAIN_START;
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte));

/** Each way to change one record, as it could be done in the table. */
const CHANGES: Readonly<Record<string, (link: AuditLink) => AuditLink>> = {
  record: (link) => ({ ...link, record: `${link.record} ` }),
  tenant: (link) => ({ ...link, tenant: 'acmf' }),
  time: (link) => ({ ...link, keptAtMs: link.keptAtMs + 1 }),
  number: (link) => ({ ...link, no: link.no + 1 }),
  'hash before': (link) => ({ ...link, prevHash: flip(link.prevHash) }),
  hash: (link) => ({ ...link, hash: flip(link.hash) }),
  signature: (link) => ({ ...link, signature: flip(link.signature) }),
  'record, with its hash': (link) => {
    const changed = { ...link, record: `${link.record} ` };
    return { ...changed, hash: auditHash(changed) };
  },
  'record, with its hash and a signature of another key': (link) =>
    forger.link({ ...link, record: `${link.record} ` }, { no: link.no - 1, hash: link.prevHash }),
};

const records = fc.array(fc.json({ maxDepth: 1 }), { minLength: 1, maxLength: 8 });

describe('the chain of the audit', () => {
  it('is whole as it was written, from its beginning or from any record of it', () => {
    fc.assert(
      fc.property(records, (written) => {
        const links = chainOf(written);
        expect(faultsOf(links, endOf(links))).toEqual([]);
        for (const [at, link] of links.entries()) expect(faultsOf(links.slice(at + 1), endOf(links), link)).toEqual([]);
      }),
    );
  });

  it('tells each change of each record, at that record or the next', () => {
    fc.assert(
      fc.property(records, (written) => {
        const links = chainOf(written);
        for (const [at, link] of links.entries()) {
          for (const [name, change] of Object.entries(CHANGES)) {
            const [first] = faultsOf(links.with(at, change(link)), endOf(links));
            expect([name, first !== undefined && Math.abs(first.no - link.no) <= 1]).toEqual([name, true]);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('tells each record that is removed, doubled or moved, the last one too', () => {
    fc.assert(
      fc.property(records, (written) => {
        const links = chainOf(written);
        const end = endOf(links);
        for (const [at, link] of links.entries()) {
          expect(faultsOf(links.toSpliced(at, 1), end)[0]).toEqual({ no: link.no, fault: 'missing' });
          expect(faultsOf(links.toSpliced(at, 0, link), end)).toContainEqual({ no: link.no, fault: 'misplaced' });
          // A cut tail, at every length.
          expect(faultsOf(links.slice(0, at), end)).toEqual([{ no: at + 1, fault: 'missing' }]);
          // Two that changed places and numbers: each is still signed, for another place.
          const other = links[(at + 1) % links.length];
          if (other === undefined || other === link) continue;
          const swapped = links.with(at, { ...other, no: link.no }).with(other.no - 1, { ...link, no: other.no });
          expect(faultsOf(swapped, end).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('cannot be written anew from any record on without the key', () => {
    const links = chainOf(['1', '2', '3', '4', '5']);
    for (const at of links.keys()) {
      const kept = links.slice(0, at);
      let place = endOf(kept);
      const forged = links.slice(at).map(({ tenant, keptAtMs }) => (place = forger.link({ tenant, keptAtMs, record: '0' }, place)));
      const found = faultsOf([...kept, ...forged], endOf(links));
      expect(found.filter(({ fault }) => fault === 'unsigned').map(({ no }) => no)).toEqual(forged.map(({ no }) => no));
    }
  });

  it('signs where it begins and ends, and how many records there are, each for itself', () => {
    const links = chainOf(['1', '2']);
    const ends = chain.signEnds({ tenant: 'acme', base: CHAIN_START, last: endOf(links) });
    const total = chain.signTotal(2);
    expect([chain.areEndsSigned(ends), chain.isTotalSigned(total)]).toEqual([true, true]);
    for (const changed of [
      { ...ends, tenant: 'acmf' },
      { ...ends, last: { ...ends.last, no: 1 } },
      { ...ends, last: { ...ends.last, hash: flip(ends.last.hash) } },
      { ...ends, base: { ...ends.base, no: 1 } },
      { ...ends, base: { ...ends.base, hash: flip(ends.base.hash) } },
      { ...ends, signature: forger.signEnds(ends).signature },
    ]) {
      expect(chain.areEndsSigned(changed)).toBe(false);
    }
    expect(chain.isTotalSigned({ ...total, records: 3 })).toBe(false);
    expect(chain.isLinkSigned({ hash: total.signature, signature: total.signature })).toBe(false);
  });
});
