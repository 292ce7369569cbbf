import { describe, expect, it } from 'vitest';
import { addDays, createInstantReader, type TimeFormat } from './instant.ts';
import { parseExactly } from './json-text.ts';
import { createRowMapper, parseMapping } from './mapping.ts';

const SPAN = `
event_type: trace.span
id: {columns: [TraceID, SpanID]}
source: {column: Host}
subject: {column: User}
occurred_at: {column: Start, format: epoch_ns}
data:
  root: {column: Parent, equals: root}
  duration: {column: Duration, type: integer}
  price: {column: Price, type: decimal}
  ok: {column: Ok, type: boolean}
  kind: {value: span}
  both: {columns: [TraceID, Parent]}
`;
const ROW = {
  TraceID: 't',
  SpanID: 's',
  Host: 'urn:h',
  User: 'u-1',
  Start: '1675079501299999999',
  Parent: 'root',
  Duration: '9223372036854775807',
  Price: '0.10',
  Ok: '1',
};

describe('a mapping', () => {
  it('makes of a row the event that it describes, and numbers keep the digits of the file', () => {
    expect(createRowMapper(parseMapping(SPAN))(ROW, () => 'unused')).toBe(
      '{"id":"t:s","type":"trace.span","source":"urn:h","subject":"u-1","occurred_at":"2023-01-30T11:51:41.299Z",' +
        '"data":{"root":true,"duration":9223372036854775807,"price":0.10,"ok":true,"kind":"span","both":"t:root"}}',
    );
  });

  it.each([
    ['.99', '0.99'],
    ['-.05', '-0.05'],
    ['1.50', '1.50'],
  ])('reads the decimal %s as %s', (written, read) => {
    const mapping = parseMapping('event_type: a.b\noccurred_at: {column: at}\ndata: {x: {column: x, type: decimal}}');
    expect(createRowMapper(mapping)({ at: '2020-01-01T00:00:00Z', x: written }, () => 'made')).toContain(`"data":{"x":${read}}`);
  });

  it('leaves a member out where the column is empty or null, and the fallback gives the id where none is named', () => {
    const mapping = parseMapping('event_type: a.b\noccurred_at: {column: at}\ndata: {x: {column: x}, y: {column: y, type: integer}}');
    expect(createRowMapper(mapping)({ at: '2020-01-01T00:00:00Z', x: '', y: null }, () => 'made')).toBe(
      '{"id":"made","type":"a.b","occurred_at":"2020-01-01T00:00:00.000Z","data":{}}',
    );
  });

  const LEARNING = `
event_type: {column: Name, values: {Completed: learning.material.completed}, otherwise: learning.material.viewed}
id: {columns: [Item, User], separator: '-'}
occurred_at: {column: Course, values: {2013B: '2013-02-01', 2013J: '2013-10-01'}, add_days: {column: Day}}
data:
  kind: {column: Kind, values: {Quiz: quiz}, otherwise: other}
  maybe: {column: Kind, values: {Quiz: yes, File: no}}
  item: {event: id}
  at: {event: occurred_at}
`;
  const ITEM = { Name: 'Viewed', Item: '7', User: 'u', Course: '2013J', Day: '-11', Kind: 'Quiz' };

  it('translates texts, counts days from the start of a course, and repeats id and time as members', () => {
    const map = createRowMapper(parseMapping(LEARNING));
    // Eleven days before 1 October.
    const at = '2013-09-20T00:00:00.000Z';
    expect(JSON.parse(map(ITEM, () => 'unused') ?? '')).toEqual({
      id: '7-u',
      type: 'learning.material.viewed',
      occurred_at: at,
      data: { kind: 'quiz', maybe: 'yes', item: '7-u', at },
    });
    expect(JSON.parse(map({ ...ITEM, Name: 'Completed', Kind: 'File' }, () => 'unused') ?? '')).toMatchObject({
      type: 'learning.material.completed',
      data: { kind: 'other', maybe: 'no', item: '7-u', at },
    });
  });

  it('leaves a member out where a column says by a text of its own that there is nothing', () => {
    const mapping = parseMapping('event_type: a.b\noccurred_at: {column: at}\ndata: {hr: {column: hr, type: decimal, absent: ["0", "-"]}}');
    const map = (hr: string): unknown => JSON.parse(createRowMapper(mapping)({ at: '2020-01-01T00:00:00Z', hr }, () => 'made') ?? '');
    for (const nothing of ['0', '-', '']) expect(map(nothing)).not.toHaveProperty('data.hr');
    expect(map('0.5')).toHaveProperty('data.hr', 0.5);
  });

  it.each([
    ['a text that is not translated', { ...ITEM, Kind: 'Wiki' }, 'column Kind holds a value that the mapping does not name'],
    ['a course without a start', { ...ITEM, Course: '2015B' }, 'column Course holds a value that the mapping does not name'],
    ['no course', { ...ITEM, Course: '' }, 'column Course is empty'],
    ['a day that is none', { ...ITEM, Day: '1.5' }, 'column Day holds no number of days'],
  ])('refuses a row with %s', (_what, row, message) => {
    expect(() => createRowMapper(parseMapping(LEARNING))(row, () => '')).toThrow(message);
  });

  it.each([
    ['a number that is none', { ...ROW, Duration: '12 ms' }, 'column Duration holds no integer'],
    ['an empty id', { ...ROW, SpanID: '' }, 'column SpanID is empty'],
    ['a time that is none', { ...ROW, Start: 'now' }, 'column Start holds no time of the form epoch_ns'],
  ])('refuses a row with %s and says which column', (_what, row, message) => {
    expect(() => createRowMapper(parseMapping(SPAN))(row, () => '')).toThrow(message);
  });

  const VISIT = `
event_type: a.b
where: {Kind: {in: [visit, call]}, Stop: {exists: true}, Deleted: {exists: false}}
id: {column: Id}
occurred_at: {column: Start}
data:
  sex: {column: Sex, values: {F: female, M: male}, otherwise: unknown}
  day: {column: Start, type: date}
  ended: {column: Stop, type: timestamp}
  minutes: {minutes: [Start, Stop]}
  codes: {list: [Code1, Code2, Code3]}
`;
  const VISITED = { Id: 'v', Kind: 'visit', Start: '2020-01-01T23:30:00Z', Stop: '2020-01-02T00:10:20Z', Sex: 'F', Code1: 'x', Code3: 'y' };
  const visit = (row: Record<string, string>): string | null => createRowMapper(parseMapping(VISIT))(row, () => 'unused');

  it('renames values, reads times, measures from one to the other and gathers columns', () => {
    // From 23:30:00 to 00:10:20 are 40 minutes and a third.
    expect(visit(VISITED)).toBe(
      '{"id":"v","type":"a.b","occurred_at":"2020-01-01T23:30:00.000Z","data":{"sex":"female","day":"2020-01-01",' +
        '"ended":"2020-01-02T00:10:20.000Z","minutes":40.333,"codes":["x","y"]}}',
    );
    expect(JSON.parse(visit({ ...VISITED, Sex: 'X' }) ?? '')).toMatchObject({ data: { sex: 'unknown' } });
    expect(JSON.parse(visit({ ...VISITED, Start: '2020-01-01T23:30:00-05:00' }) ?? '')).toMatchObject({ data: { day: '2020-01-01' } });
  });

  it('takes the rows that meet every condition, and makes no event of the others', () => {
    expect(visit({ ...VISITED, Kind: 'call' })).not.toBeNull();
    for (const other of [{ Kind: 'bill' }, { Kind: '' }, { Stop: '' }, { Deleted: 'yes' }])
      expect(visit({ ...VISITED, ...other })).toBeNull();
  });

  it('gives all rows of a file the time that the file is of', () => {
    const mapping = parseMapping("event_type: a.b\noccurred_at: {value: '2024-02-03T00:00:00Z'}\ndata: {}");
    expect(createRowMapper(mapping)({}, () => 'made')).toContain('"occurred_at":"2024-02-03T00:00:00Z"');
    expect(() => parseMapping('event_type: a.b\noccurred_at: {value: yesterday}\ndata: {}')).toThrow(/occurred_at/);
  });

  it('refuses a value that it should rename and does not name', () => {
    const mapping = parseMapping('event_type: a.b\noccurred_at: {column: at}\ndata: {x: {column: x, values: {a: b}}}');
    const map = (x: string) => createRowMapper(mapping)({ at: '2020-01-01T00:00:00Z', x }, () => 'made');
    expect(map('a')).toContain('"x":"b"');
    for (const x of ['c', 'constructor']) expect(() => map(x)).toThrow('column x holds a value that the mapping does not name');
  });

  it('names the place of a fault in the mapping file', () => {
    expect(() => parseMapping('event_type: a.b\noccurred_at: {colum: at}\ndata: {}')).toThrow(/occurred_at/);
  });
});

describe('an instant', () => {
  const US = 'M/D/YYYY h:mm:ss A';
  it.each<[TimeFormat, string, string | null]>([
    ['iso', '2016-04-12', '2016-04-12T00:00:00.000Z'],
    ['iso', '2016-04-12T10:00:00', '2016-04-12T10:00:00.000Z'],
    ['iso', '2016-04-12T10:00:00+02:00', '2016-04-12T08:00:00.000Z'],
    ['epoch_s', '807256800', '1995-08-01T06:00:00.000Z'],
    ['epoch_ns', '-1', '1969-12-31T23:59:59.999Z'],
    [{ pattern: US, zone: 'UTC' }, '4/12/2016 12:00:00 AM', '2016-04-12T00:00:00.000Z'],
    [{ pattern: US, zone: 'UTC' }, '4/12/2016 12:30:00 PM', '2016-04-12T12:30:00.000Z'],
    [{ pattern: US, zone: 'UTC' }, '2/30/2016 1:00:00 AM', null],
    [{ pattern: US, zone: 'Asia/Kathmandu' }, '4/12/2016 5:45:00 AM', '2016-04-12T00:00:00.000Z'],
    // Clocks went from 2:00 to 3:00 in Oslo on that day: 2:30 is read with winter's offset.
    [{ pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'Europe/Oslo' }, '2016-03-27 02:30:00', '2016-03-27T01:30:00.000Z'],
    [{ pattern: 'DD.MM.YYYY', zone: 'UTC' }, '01.02.2003', '2003-02-01T00:00:00.000Z'],
    [{ pattern: 'DD.MM.YYYY', zone: 'UTC' }, '01x02x2003', null],
  ])('of the form %o reads %s as %s', (format, text, expected) => {
    expect(createInstantReader(format)(text)).toBe(expected);
  });
});

describe('days added to an instant', () => {
  it.each([
    ['2013-10-01T00:00:00.000Z', -11, 'UTC', '2013-09-20T00:00:00.000Z'],
    ['2013-02-01T00:00:00.000Z', 608, 'UTC', '2014-10-02T00:00:00.000Z'],
    // Midnight in Oslo before and after the clocks went back on 27 October.
    ['2013-10-26T22:00:00.000Z', 1, 'Europe/Oslo', '2013-10-27T23:00:00.000Z'],
  ])('%s and %i days in %s', (instant, days, zone, expected) => {
    expect(addDays(instant, days, zone)).toBe(expected);
  });
});

describe('exact parsing', () => {
  it.each([
    '{"a":9007199254740993,"b":[1.10,-0.0],"c":"x:1.5","d":1e400,"e":{"f":12345678901234567890}}',
    '{"n":12,"t":"10:49:12.942Z","z":[0,-7]}',
  ])('gives back every digit of %s', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });
});
