import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkHistory } from './checker.ts';
import { createHistory, readHistory, type HistoryEntry, type Outcome } from './history.ts';

const sent = (...events: string[]): HistoryEntry => ({ kind: 'sent', at_ms: 1, client: 0, request: 1, events });
const told = (event: string, outcome: Outcome, code: string | null = null): HistoryEntry => ({
  ...{ kind: 'outcome', at_ms: 2, client: 0, request: 1, event, outcome, code },
});
const found = (event: string, counted: number, aside = 0): HistoryEntry => ({ kind: 'found', event, counted, aside });
const stood = (generation: number, offset: number): HistoryEntry => ({
  ...{ kind: 'positions', at_ms: 3, positions: { 'live/0': [generation, offset] } },
});

/** Everything that may happen when all is well. */
const good: readonly HistoryEntry[] = [
  sent('counted', 'refused', 'unknown-0', 'unknown-1', 'not-sent', 'aside', 'again'),
  told('counted', 'ok'),
  told('refused', 'failed', 'field_out_of_range'),
  told('unknown-0', 'unknown'),
  told('unknown-1', 'unknown'),
  told('not-sent', 'failed'),
  told('aside', 'ok'),
  { kind: 'fault', at_ms: 3, fault: 'kill', target: 'kafka', for_ms: 0 },
  // Not taken at first, then without an answer, then taken: taken.
  told('again', 'failed'),
  told('again', 'unknown'),
  told('again', 'ok'),
  { kind: 'refused', at_ms: 4, client: 0, request: 1, status: 503, retry_after: '1' },
  { kind: 'refused', at_ms: 4, client: 0, request: 2, status: 413, retry_after: null },
  { kind: 'total', at_ms: 4, events: 7 },
  stood(1, 50),
  stood(2, 0),
  { kind: 'taken_back', at_ms: 4, by: 'restore' },
  stood(1, 40),
  ...[found('counted', 1), found('refused', 0, 1), found('unknown-1', 1), found('aside', 0, 1), found('again', 1)],
  { kind: 'cell', cell: '#a 2026-01-01T00:00Z', answered: '3 events, 40 added', recounted: '3 events, 40 added' },
];

it('a history in which all is as it was told passes', () => {
  expect(checkHistory(good)).toEqual({
    ...{ ok: 3, failed: 2, unknown: 2, discrepancies: [] },
    found: { lost: 0, doubled: 0, phantom: 0, unrecorded: 0, recount_differences: 0, went_back: 0, above_sent: 0, no_retry_after: 0 },
  });
});

it.each<[string, string, readonly HistoryEntry[]]>([
  ['an event told accepted and not counted', 'lost', [sent('x'), told('x', 'ok')]],
  ['an event told accepted in the first of two requests only', 'lost', [sent('x'), told('x', 'ok'), sent('x'), told('x', 'unknown')]],
  ['an event counted twice', 'doubled', [sent('x'), told('x', 'ok'), found('x', 2)]],
  ['an event of unknown outcome counted twice', 'doubled', [sent('x'), told('x', 'unknown'), found('x', 2)]],
  ['an event both counted and put aside', 'doubled', [sent('x'), told('x', 'ok'), found('x', 1, 1)]],
  ['an event told not taken that is counted', 'phantom', [sent('x'), told('x', 'failed'), found('x', 1)]],
  ['an event that nobody sent', 'phantom', [found('x', 1)]],
  ['a refused event without a row', 'unrecorded', [sent('x'), told('x', 'failed', 'bad_json')]],
  ['a cell that is not its recount', 'recount_differences', [{ kind: 'cell', cell: 'c', answered: '2', recounted: '3' }]],
  ['an offset that went back', 'went_back', [stood(2, 0), stood(2, 7), stood(2, 6)]],
  [
    'an offset that went back twice where commits were taken back once',
    'went_back',
    [stood(2, 7), { kind: 'taken_back', at_ms: 3, by: 'failover' }, stood(2, 3), stood(2, 5), stood(2, 4)],
  ],
  ['a log generation that went back', 'went_back', [stood(3, 1), stood(2, 9)]],
  [
    'a refusal for now that does not say when to come again',
    'no_retry_after',
    [{ kind: 'refused', at_ms: 5, client: 0, request: 1, status: 503, retry_after: null }],
  ],
  ['an answer above what was sent', 'above_sent', [{ kind: 'total', at_ms: 5, events: 9 }]],
])('%s turns it red', (_what, check, planted) => {
  const { discrepancies, found: counts } = checkHistory([...good, ...planted]);
  expect(discrepancies.map((one) => one.check)).toEqual([check]);
  expect(counts).toMatchObject({ [check]: 1 });
});

it('a history comes back from its file as it was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-history-'));
  try {
    const history = createHistory(join(folder, 'drill', 'history.ndjson'));
    for (const entry of good) history.write(entry);
    expect(readHistory(join(folder, 'drill', 'history.ndjson'))).toEqual(good);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
