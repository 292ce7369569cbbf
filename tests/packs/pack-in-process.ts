import { readFileSync } from 'node:fs';
import { parseMapping, sendFile } from '@tidegate/cli';
import {
  compilePack,
  createAnswer,
  createCanonicalReader,
  createFolder,
  createStateAlgebra,
  decodeState,
  encodeState,
  EventJudge,
  EventTypes,
  foldPlansOf,
  GrowingBuffer,
  parsePack,
  parseQuestion,
  planQuestion,
  writeCanonical,
} from '@tidegate/core';
import type { AnswerRow, AnswerValue, CompiledPack, Fault, Plan, QuestionInput, RollupState } from '@tidegate/core';
import type { Client } from '@tidegate/sdk';
import { parse } from 'yaml';

const TENANT = 'acme';
const NOW_MS = Date.UTC(2026, 10, 21);
const BUCKETS_MAX = 100_000;
const utf8 = new TextEncoder();

export function packFile(pack: string, file: string): URL {
  return new URL(`../../packs/${pack}/${file}`, import.meta.url);
}

export function shippedPack(name: string): CompiledPack {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: TENANT, version: 1, metricVersions: {}, pack: parsed.value });
}

/** The way of an event through a shipped pack without the servers between the steps; a pseudonym is the text itself. */
export interface PackInProcess {
  /** Rows of a file, by a mapping of the pack; the faults of those that were refused. */
  sendFile(mapping: string, file: string): Promise<{ readonly accepted: number; readonly faults: readonly Fault[] }>;
  /** JSON texts of events; the fault of each, or null. */
  send(events: readonly string[]): readonly (Fault | null)[];
  ask(question: QuestionInput): readonly AnswerRow[];
  /** The same rows as objects by the names of their columns. */
  askObjects(question: QuestionInput): readonly Readonly<Record<string, AnswerValue>>[];
}

/** Row → mapping → judge → canonical record → fold → stored bytes → plan → merged rows. */
export function runPack(name: string): PackInProcess {
  const pack = shippedPack(name);
  const types = new EventTypes([pack]);
  const plans = foldPlansOf(pack.metrics.values());
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const batches: ReturnType<typeof folder.take>[] = [];
  const judge = new EventJudge();
  const reader = createCanonicalReader();

  function sendOne(event: string): Fault | null {
    const bytes = utf8.encode(event);
    const fault = judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: NOW_MS });
    if (fault !== null) return fault;
    const record = new GrowingBuffer(512);
    const treat = (_action: unknown, _field: string, text: string): string => text;
    writeCanonical(judge, { tenant: TENANT, subject: judge.subject, treat, seal: () => 'sealed' }, record);
    if (!reader.read(record.bytes, 0, record.length)) throw new Error('no record of the log');
    folder.fold(reader, NOW_MS);
    return null;
  }

  return {
    async sendFile(mappingFile, file) {
      const mapping = parseMapping(readFileSync(packFile(name, mappingFile), 'utf8'));
      const faults: Fault[] = [];
      const client: Pick<Client, 'send'> = {
        async send(events) {
          let accepted = 0;
          for await (const event of events) {
            const fault = sendOne(typeof event === 'string' ? event : JSON.stringify(event));
            if (fault === null) accepted += 1;
            else faults.push(fault);
          }
          return { accepted, rejected: [], receipts: [] };
        },
      };
      const { accepted } = await sendFile({ client, gateway: '', file, stdin: process.stdin, mapping, stateFolder: null });
      batches.push(folder.take());
      return { accepted, faults };
    },
    send(events) {
      const faults = events.map(sendOne);
      batches.push(folder.take());
      return faults;
    },
    ask: (input) => rowsOf(planOf(input), batches),
    askObjects(input) {
      const plan = planOf(input);
      return rowsOf(plan, batches).map((row) => Object.fromEntries(plan.columns.map(({ name: column }, at) => [column, row[at] ?? null])));
    },
  };

  function planOf(input: QuestionInput): Plan {
    const parsed = parseQuestion({ limit: 10_000, ...input });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const { question } = parsed;
    const metric = pack.metrics.get(question.metric) ?? null;
    const subject = question.subject ?? null;
    const plan = planQuestion({ question, metric, subject, cursor: null, nowMs: NOW_MS, bucketsMax: BUCKETS_MAX });
    if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
    return plan.value;
  }
}

function rowsOf(plan: Plan, batches: readonly ReturnType<ReturnType<typeof createFolder>['take']>[]): readonly AnswerRow[] {
  const answer = createAnswer<RollupState>(plan, createStateAlgebra(plan.measures), plan.range.subject);
  for (const { series, deltas } of batches) {
    const isAsked = series.map(({ metric, setNo }) => metric === plan.metric.metric && setNo === plan.range.setNo);
    const sinks = series.map((entry, at) => (isAsked[at] === true ? answer.series(entry) : null));
    for (const { series: at, bucketS, state } of deltas) {
      const sink = sinks[at];
      if (sink === null || sink === undefined) continue;
      const stored = decodeState(encodeState(state), plan.metric.measures);
      if (stored === null) throw new Error('what was encoded is a state');
      sink(bucketS, stored, 0);
    }
  }
  return answer.finish().rows;
}
