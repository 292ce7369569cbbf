/** The steps of a question, put together: plain ones, analyses of several, and journeys through raw events. */
import { createSecretKey } from 'node:crypto';
import { isJourney } from '@tidegate/core';
import type { TopicNames } from '@tidegate/kafka';
import { isExplaining } from '@tidegate/postgres';
import type { FindingsOf, JourneyReader, NewestReader, ReadStore } from '@tidegate/postgres';
import type { CellStore, KeptFigures, RecentSets } from '@tidegate/redis';
import { createRepeatableSealer, createSealer, deriveKey, pause, systemClock } from '@tidegate/runtime';
import type { ConfigValues, TakeTurn } from '@tidegate/runtime';
import type { Metrics, Tracing } from '@tidegate/telemetry';
import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import { createAnalyse } from './analyse.ts';
import { createEtag } from './answer-body.ts';
import { createAnswerCache } from './answer-cache.ts';
import { createAsk } from './ask.ts';
import type { Ask } from './ask.ts';
import { createAskJourney } from './ask-journey.ts';
import type { CacheFigures } from './cache-figures.ts';
import type { CacheMeter } from './cache-meter.ts';
import { createChangedNames } from './changed-names.ts';
import type { queryConfig } from './config.ts';
import type { DecodedChunk } from './decoded-chunk.ts';
import type { Freshness } from './freshness.ts';
import { createKeptBodies } from './kept-bodies.ts';
import { holdAsk } from './hold-to-person.ts';
import type { KeptHistory } from './kept-history.ts';
import { createLifetimes, lifetimesOf } from './lifetimes.ts';
import { createLiveHub } from './live/live-hub.ts';
import { createLoadChunks } from './load-chunks.ts';
import { createMadeAnswers } from './made-answers.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { createRead } from './read.ts';
import type { Read } from './read.ts';
import { createReceipts } from './receipts.ts';
import { createRecentEvents } from './recent/recent-events.ts';
import type { Registry } from './registry.ts';
import type { OnReplica } from './on-replica.ts';
import { createSharedRead } from './share-read.ts';
import { createLanes } from './lanes.ts';
import { createKeptViews } from './views/kept-views.ts';
import type { RunView } from './views/run-view.ts';
import { createViewInTurn } from './views/view-in-turn.ts';
import { createEventSender } from './writes/event-sender.ts';
import { createAgeReader } from './views/age-reader.ts';
import { createFieldOpener } from './views/field-opener.ts';
import { createWriteIds } from './writes/write-ids.ts';

const ANSWER_BYTES_MAX = 262_144;
/** Values of rows held in memory; some 50 bytes each. */
const MADE_VALUES_MAX = 1_000_000;
const LIVE_IDLE_MS = 5_000;

/** What the steps of a question stand on. */
export interface AskingAdapters {
  readonly store: CellStore;
  readonly primary: ReadStore;
  readonly journeys: JourneyReader;
  readonly topics: TopicNames;
  readonly tracing: Tracing;
  readonly metrics: Metrics;
  readonly meter: CacheMeter;
  readonly keptFigures: KeptFigures;
  readonly recentSets: RecentSets;
  readonly newest: NewestReader;
}

interface AskingParts {
  readonly onReplica: OnReplica;
  readonly registry: Registry;
  readonly freshness: Freshness;
  readonly kept: KeptHistory;
  readonly newToken: () => string;
  readonly figures: CacheFigures;
}

export function createAsking(
  config: ConfigValues<typeof queryConfig>,
  adapters: AskingAdapters,
  { registry, freshness, kept, newToken, figures, onReplica }: AskingParts,
) {
  const { store, primary, topics } = adapters;
  const { nowMs, monotonicMs } = systemClock;
  const receipts = createReceipts({
    store,
    primary,
    logEnds: freshness.ends,
    topics: { live: topics.events, backfill: topics.backfill },
    sealer: createSealer(deriveKey(config.secretKey, 'tidegate/receipt', 32)),
    cacheBudgetMs: config.cacheBudgetMs,
    monotonicMs,
    pause,
  });
  // Repeatable: what is made of equal rows is equal, whichever instance made it and when.
  const cursorSealer = createRepeatableSealer(deriveKey(config.secretKey, 'tidegate/cursor', 32));
  const pseudonymOf = createPseudonyms(config.pseudonymSecret);
  const lanes = createLanes(config, adapters.metrics);
  const plain = createAsk({
    registry,
    read: createReading(config, adapters, { newToken, onReplica, takeTurn: lanes.quick }),
    receipts,
    freshness,
    kept,
    cursorSealer,
    pseudonymOf,
    nowMs,
    bucketsMax: config.bucketsMax,
  });
  const analyse = createAnalyse({ ask: plain, registry, nowMs });
  const askJourney = createAskJourney({
    ...{ registry, receipts, freshness, kept, nowMs, bucketsMax: config.bucketsMax, eventsMax: config.journeyEventsMax },
    journeys: adapters.journeys,
    step: adapters.tracing.step,
    ...{ onReplica, takeTurn: lanes.slow },
  });
  const ask = holdAsk(async (value, as) => (isJourney(value) ? askJourney(value, as) : analyse(value, as)), pseudonymOf);
  const etagOf = createEtag(deriveKey(config.secretKey, 'tidegate/etag', 32));
  const live = createLive(config, adapters.metrics, ask);
  const names = createChangedNames(deriveKey(config.secretKey, 'tidegate/changed', 16));
  const lifetimeOf = createLifetimes(lifetimesOf(config));
  const keepViews = (runView: RunView): RunView =>
    createKeptViews({
      ...{ runView: createViewInTurn(runView, lanes), names, registry, kept, freshness, nowMs, lifetimeOf, figures, pseudonymOf },
      ...keepingBy(config, adapters),
    });
  const readRecent = createRecentEvents({ ...recentBy(config, adapters), freshness, newToken });
  const { step } = adapters.tracing;
  const identityKey = deriveKey(config.pseudonymSecret, 'tidegate/identity', 16);
  const answering = { etagOf, keptBodyOf: createKeptBodies(etagOf), cursorSealer, identityKey, questionBytesMax: config.questionBytesMax };
  const parts = { ...answering, ...live, ...createWriting(config, nowMs), ...createFinding(adapters.metrics) };
  return { ask, receipts, pseudonymOf, nowMs, step, names, keepViews, lifetimeOf, readRecent, ...parts };
}

/** Where answers of views are kept, and how they are sealed. */
function keepingBy({ secretKey, cacheBudgetMs }: ConfigValues<typeof queryConfig>, { store, meter, keptFigures }: AskingAdapters) {
  return {
    ...{ store, meter, cacheBudgetMs, index: keptFigures },
    entryKey: createSecretKey(deriveKey(secretKey, 'tidegate/kept-key', 32)),
    entrySealer: createSealer(deriveKey(secretKey, 'tidegate/kept-answer', 32)),
  };
}

function recentBy({ secretKey, cacheBudgetMs }: ConfigValues<typeof queryConfig>, { newest, recentSets, meter }: AskingAdapters) {
  return { newest, recentSets, meter, cacheBudgetMs, recentSealer: createRepeatableSealer(deriveKey(secretKey, 'tidegate/recent', 32)) };
}

function createLive(config: ConfigValues<typeof queryConfig>, metrics: Metrics, ask: Ask) {
  const { monotonicMs } = systemClock;
  const hub = createLiveHub({
    ...{ ask, monotonicMs, paceMs: config.livePaceMs, idleMs: LIVE_IDLE_MS, topicsMax: config.liveQuestionsMax },
    onFailed: () => metrics.counter('live_askings_failed_total').inc(),
    onTopics: (count) => metrics.gauge('live_questions').set(count),
  });
  return { hub, monotonicMs, pause, lifeMs: config.liveLifeS * 1_000 };
}

/** What findings stand on. */
function createFinding(metrics: Metrics) {
  return {
    newFindingId: () => uuidv7(),
    onGenerated: (pack: string, count: number) => metrics.counter('insights_generated_total', { pack }).inc(count),
    onTold: ({ pack, insight }: Pick<FindingsOf, 'pack' | 'insight'>, count: number) =>
      metrics.counter('findings_told_total', { pack, insight }).inc(count),
  };
}

/** What routes that write stand on, and answers that open what is sealed: ingest. */
function createWriting({ ingestUrl, secretKey, writeWaitMs }: ConfigValues<typeof queryConfig>, nowMs: () => number) {
  const ofIngest = { ingestUrl, callerKey: deriveKey(secretKey, 'tidegate/caller', 32), nowMs };
  return {
    sendEvents: createEventSender(ofIngest),
    openFields: createFieldOpener(ofIngest),
    readAges: createAgeReader(ofIngest),
    writeIdOf: createWriteIds(deriveKey(secretKey, 'tidegate/write-id', 16)),
    writeWaitMs,
  };
}

function createReading(
  config: ConfigValues<typeof queryConfig>,
  { store, primary: untraced, meter, tracing }: AskingAdapters,
  { newToken, onReplica, takeTurn }: Pick<AskingParts, 'newToken' | 'onReplica'> & { readonly takeTurn: TakeTurn },
): Read {
  const { step } = tracing;
  const primary: ReadStore = {
    ...untraced,
    readCells: (...asked) => step('query_database', async () => untraced.readCells(...asked)),
    readPieces: (...asked) => step('query_database', async () => untraced.readPieces(...asked)),
  };
  const read = createRead({
    ...{ onReplica, takeTurn },
    store,
    primary,
    step,
    loadChunks: createLoadChunks({ store, primary, newToken, cellsMax: config.cellsMax }),
    answers: createAnswerCache({
      store,
      nowMs: systemClock.nowMs,
      ttlMs: config.answerTtlMs,
      bytesMax: ANSWER_BYTES_MAX,
      meter,
    }),
    made: createMadeAnswers({ nowMs: systemClock.nowMs, valuesMax: MADE_VALUES_MAX, ttlMs: config.answerTtlMs }),
    decoded: new LRUCache<string, DecodedChunk>({ maxSize: config.decodedCells }),
    cacheBudgetMs: config.cacheBudgetMs,
    chunksMax: config.chunksMax,
    cellsMax: config.cellsMax,
    meter,
  });
  const uncached: Read = async (asked) => read({ ...asked, skipCache: true });
  const shared = createSharedRead(config.isCacheOn ? read : uncached);
  return async (asked) => (isExplaining() ? uncached(asked) : shared(asked));
}
