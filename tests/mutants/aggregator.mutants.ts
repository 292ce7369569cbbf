import type { Mutant } from './mutant.ts';

const MODEL = 'services/aggregator/test/delivery.model.test.ts';
const TAKE_OVER = 'services/aggregator/test/take-over.test.ts';
const FLUSH = 'services/aggregator/test/flush.test.ts';
const CONSUME = 'services/aggregator/test/consume.test.ts';

/** Bugs of taking over, flushing and announcing; each breaks one mechanism of the delivery protocol. */
export const mutants: readonly Mutant[] = [
  {
    name: 'a slice folded after its partition was rewound',
    section: 3,
    file: 'services/aggregator/src/consume.ts',
    find: '    if (owned.epoch !== epoch) return null;\n',
    replace: '',
    tests: [CONSUME],
    kind: 'unit',
  },
  {
    name: 'window not rolled back on abort',
    section: 3,
    file: 'services/aggregator/src/owned-partition.ts',
    find: '  owned.window.abort(oldestLayer);\n  owned.layer = owned.window.begin();\n',
    replace: '  void oldestLayer;\n',
    tests: [FLUSH],
    kind: 'unit',
  },
  {
    name: 'journal read before the claim',
    section: 3,
    file: 'services/aggregator/src/take-over.ts',
    find: "    const claim = await claimPartition(deps, { partition, token }, logs);\n    const live = await settleLane(deps, { partition, token, lane: 'live', position: claim.live }, logs.live);\n    const rejected = await settleLane(deps, { partition, token, lane: 'rejected', position: claim.rejected }, logs.rejected);\n    const announced = await findLastAnnounced(deps.probe, { topic: deps.topics.rollups, partition, ...logs.rollups });\n    const term = Math.max(claim.term, announced.term + 1);\n    if (term > claim.term) await amendOrThrow(deps, { partition, lane: 'live', term }, token);\n    const window = await restoreWindow(deps, partition);\n",
    replace:
      "    const window = await restoreWindow(deps, partition);\n    const claim = await claimPartition(deps, { partition, token }, logs);\n    const live = await settleLane(deps, { partition, token, lane: 'live', position: claim.live }, logs.live);\n    const rejected = await settleLane(deps, { partition, token, lane: 'rejected', position: claim.rejected }, logs.rejected);\n    const announced = await findLastAnnounced(deps.probe, { topic: deps.topics.rollups, partition, ...logs.rollups });\n    const term = Math.max(claim.term, announced.term + 1);\n    if (term > claim.term) await amendOrThrow(deps, { partition, lane: 'live', term }, token);\n",
    tests: ['services/aggregator/test/take-over-order.test.ts'],
    kind: 'unit',
  },
  {
    name: 'row count of the fence not compared',
    section: 3,
    file: 'packages/postgres/src/commit-transaction.ts',
    find: '  if (moved.length === moves.length) return [];',
    replace: '  if (moved.length >= 0) return [];',
    tests: ['packages/postgres/test/store.integration.test.ts'],
    kind: 'integration',
  },
  {
    name: 'gap accepted',
    section: 3,
    file: 'services/aggregator/src/consume.ts',
    find: 'if (found !== owned.live.folded + (to - next) - 1)',
    replace: 'if (found < 0)',
    tests: [CONSUME],
    kind: 'unit',
  },
  {
    name: 'commit retried without reading back',
    section: 3,
    file: 'services/aggregator/src/flush.ts',
    find: '        return readBack(frozen);',
    replace: '        return flush(frozen);',
    tests: [FLUSH],
    kind: 'unit',
  },
  {
    name: 'start at latest',
    section: 3,
    file: 'services/aggregator/src/take-over.ts',
    find: '{ partition: at.partition, live: logs.live, rejected: logs.rejected }',
    replace: '{ partition: at.partition, live: { ...logs.live, startOffset: logs.live.endOffset }, rejected: logs.rejected }',
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'rejected row outside the transaction',
    section: 4,
    file: 'packages/postgres/src/commit-transaction.ts',
    find: "  steps.send(writeRejected(client, commits));\n  await fault('flush.rejected_written');\n  await steps.done();\n  attempt.commitSent = true;\n  const { command } = await client.query('COMMIT');\n  if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`);\n  await fault('flush.committed');\n",
    replace:
      "  await fault('flush.rejected_written');\n  await steps.done();\n  attempt.commitSent = true;\n  const { command } = await client.query('COMMIT');\n  if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`);\n  await fault('flush.committed');\n  await writeRejected(client, commits);\n",
    tests: ['packages/postgres/test/store.integration.test.ts'],
    kind: 'integration',
  },
  {
    name: 're-announcement left out at take-over',
    section: 7,
    file: 'services/aggregator/src/reannounce.ts',
    find: '  const keys = await changedSince(store, owned.partition, lastAnnouncedNo);',
    replace:
      '  if (lastAnnouncedNo >= 0) return { ...standing, previousCommitNo: lastAnnouncedNo };\n  const keys = await changedSince(store, owned.partition, lastAnnouncedNo);',
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'take-over tells of no hole and no cells',
    section: 7,
    file: 'services/aggregator/src/take-over.ts',
    find: '    await deps.announcer.announce([await reannouncement(deps.store, owned, announced.commitNo)]);\n',
    replace: '',
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'term taken from Postgres alone',
    section: 7,
    file: 'services/aggregator/src/take-over.ts',
    find: 'Math.max(claim.term, announced.term + 1)',
    replace: 'claim.term',
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'half a slice committed when its partition is revoked',
    section: 3,
    file: 'services/aggregator/src/consume.ts',
    find: '    if (deduped.slice.to > slice.from && !(await deps.fold(owned, deduped.slice))) return null;\n',
    replace:
      '    if (deduped.slice.to > slice.from && !(await deps.fold(owned, deduped.slice))) {\n      owned.isBusy = false;\n      return null;\n    }\n',
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'log made anew taken for the same',
    section: 1,
    file: 'services/aggregator/src/take-over.ts',
    find: "finding === 'verify' ? await holdsLastRecord(deps, at) : finding !== 'anew'",
    replace: "finding === 'verify' || finding !== 'anew'",
    tests: [TAKE_OVER],
    kind: 'unit',
  },
  {
    name: 'cell states kept after an abort',
    section: 3,
    file: 'services/aggregator/src/owned-partition.ts',
    find: '  owned.cells.clear();\n',
    replace: '',
    tests: [MODEL],
    kind: 'unit',
  },
  {
    name: 'type that moved to another pack taken from it by its former one',
    section: 10,
    file: 'services/aggregator/src/known-packs.ts',
    find: 'if (packOf(tenant, type) === known) setPack',
    replace: 'setPack',
    tests: ['services/aggregator/src/known-packs.test.ts'],
    kind: 'unit',
  },
];
