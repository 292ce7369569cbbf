import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { EventTypes } from './event-types.ts';
import { JsonScanner } from './json-scan.ts';
import { EventJudge } from './judge.ts';
import type { MemberList } from './member-list.ts';

const encoder = new TextEncoder();

/** Few names, so that layouts are met, missed and met again; some are prefixes of others, some the same name written otherwise. */
const name = fc.constantFrom('"a"', '"b"', '"ab"', '"c"', '"\\u0061"', '"é"', '"data"', '"__proto__"', '"a\\""');
const space = fc.constantFrom('', '', '', '', ' ', '\n');
const value = fc.constantFrom('1', '"a"', 'null', '"a\\":"', '{"a":1}', '{"a":1,"b":2}', '[{"b":1}]', '', '{"a":1,"a":2}');

function objectOf(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.tuple(name, space, space, inner).map(([key, before, after, text]) => `${key}${before}:${after}${text}`);
  return fc.tuple(fc.array(member, { maxLength: 6 }), space).map(([members, gap]) => `{${members.join(`,${gap}`)}}`);
}

/** Objects in runs, as one sender sends them, cut off somewhere now and then. */
const bodies = fc.array(
  fc.tuple(objectOf(fc.oneof(value, objectOf(value))), fc.integer({ min: 1, max: 4 }), fc.option(fc.nat({ max: 30 }), { freq: 6 })),
  { minLength: 1, maxLength: 40 },
);

function texts(runs: readonly (readonly [string, number, number | null])[]): string[] {
  return runs.flatMap(([text, times, cut]) => Array.from({ length: times }, () => (cut === null ? text : text.slice(0, cut))));
}

function shown(list: MemberList): unknown {
  const { count } = list;
  const columns = [list.keyStart, list.keyEnd, list.kind, list.valueStart, list.valueEnd, list.flags];
  return columns.map((column) => [...column.subarray(0, count)]);
}

describe('the layout of the objects before', () => {
  test('changes nothing of what the scanner finds, faults and their places included', () => {
    fc.assert(
      fc.property(bodies, (runs) => {
        const experienced = new JsonScanner();
        for (const text of texts(runs)) {
          const bytes = encoder.encode(text);
          const fresh = new JsonScanner();
          const fault = fresh.scan(bytes, 0, bytes.length);
          expect(experienced.scan(bytes, 0, bytes.length)).toBe(fault);
          expect(experienced.faultPath()).toEqual(fresh.faultPath());
          if (fault === null) expect([experienced.members, experienced.data].map(shown)).toEqual([fresh.members, fresh.data].map(shown));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('never lets a name through twice, whichever layouts came after one another', () => {
    const objects = ['{"a":1,"b":1,"c":1}', '{"b":1,"a":1}', '{"c":1}', '{"a":1,"c":1}'].map((text) => encoder.encode(text));
    const twice = ['abcb', 'abca', 'aba', 'bab', 'bacb', 'cabc', 'acac'].map((names) =>
      encoder.encode(`{${names.replace(/./g, (sign, at) => `${at === 0 ? '' : ','}"${sign}":1`)}}`),
    );
    const scanner = new JsonScanner();
    // Each layout long enough to replace the one before.
    for (const bytes of [0, 1, 2, 3, 1, 0, 2, 1, 3, 0].flatMap((which) => Array.from({ length: 17 }, () => objects[which]))) {
      expect(scanner.scan(bytes ?? new Uint8Array(0), 0, bytes?.length ?? 0)).toBe(null);
      for (const wrong of twice) expect(scanner.scan(wrong, 0, wrong.length)).toBe('duplicate_key');
    }
  });

  test('ends with the range: a name that goes on behind it is not taken', () => {
    const scanner = new JsonScanner();
    const bytes = encoder.encode('{"abc":1}');
    for (let i = 0; i < 3; i += 1) expect(scanner.scan(bytes, 0, bytes.length)).toBe(null);
    for (let end = 1; end < bytes.length; end += 1) {
      expect(scanner.scan(bytes, 0, end)).toBe('bad_json');
      // Only a value that is missing has a name to tell.
      expect(scanner.faultPath()).toEqual(end === '{"abc":'.length ? ['abc'] : []);
    }
  });
});

const kept = { optional: true, why: 'for the tests' };
const parsed = parsePack({
  pack: 'p',
  title: 'P',
  events: {
    x: { key: 'a', fields: { a: { type: 'string' }, b: { type: 'string', ...kept }, ab: { type: 'string', ...kept } } },
    y: {
      unknown_members: 'drop',
      fields: { b: { type: 'integer', action: 'keep', why: 'for the tests' }, a: { type: 'string', ...kept } },
    },
  },
  metrics: {},
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value })]);

describe('a judge that has seen other events', () => {
  test('comes to the verdict of a new one', () => {
    const member = fc.tuple(fc.constantFrom('"a"', '"b"', '"ab"', '"\\u0061b"', '"z"'), fc.constantFrom('"v"', '1', 'null'));
    const data = fc.uniqueArray(member, { maxLength: 4, selector: ([key]) => key });
    const envelope = fc.shuffledSubarray(['"id":"1"', '"occurred_at":0', '"source":"s"', '"extra":1'], { minLength: 2 });
    const event = fc.tuple(fc.constantFrom('x', 'y'), envelope, data, fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (events) => {
        const experienced = new EventJudge();
        for (const [type, members, fields, times] of events) {
          const inner = fields.map(([key, text]) => `${key}:${text}`).join(',');
          const bytes = encoder.encode(`{${members.join(',')},"type":"${type}","data":{${inner}}}`);
          const fresh = new EventJudge();
          const verdict = fresh.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: 0 });
          for (let i = 0; i < times; i += 1) {
            expect(experienced.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: 0 })).toEqual(verdict);
            if (verdict === null) expect(parts(experienced)).toEqual(parts(fresh));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('the same names mean other fields in another type', () => {
  const judge = new EventJudge();
  for (const [type, b] of ['x', 'x', 'y', 'y', 'x'].map((type) => [type, type === 'x' ? '"v"' : '1'])) {
    const bytes = encoder.encode(`{"id":"1","occurred_at":0,"type":"${type ?? ''}","data":{"a":"v","b":${b ?? ''}}}`);
    expect(judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: 0 })).toBe(null);
    expect([judge.fields.fieldAt(0), judge.fields.fieldAt(1)]).toEqual(type === 'x' ? [0, 1] : [1, 0]);
  }
});

function parts(judge: EventJudge): unknown {
  const { idStart, idEnd, sourceMember, dataMember, entityMember, data } = judge;
  const fields = Array.from({ length: data.count }, (_, i) => judge.fields.fieldAt(i));
  return { idStart, idEnd, sourceMember, dataMember, entityMember, isDataChanged: judge.fields.isChanged, fields };
}
