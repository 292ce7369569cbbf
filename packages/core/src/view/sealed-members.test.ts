import { describe, expect, it } from 'vitest';
import { parsePack } from '../pack/parse.ts';
import { compileViews, viewSignatures } from './pack-views.ts';
import { parseParams } from './params.ts';
import { textsOfMembers, withoutSealed } from './sealed-members.ts';

const sealed = {
  name: { entity: 'person', field: 'name' },
  'visits.note': { entity: 'visit', field: 'note', include: 'sensitive' },
};

function packWith(view: object, subject: 'required' | 'none' = 'required'): object {
  const text = { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' };
  return {
    pack: 'house',
    title: 'House',
    events: {
      'person.seen': { subject: 'required', fields: { name: text, room: { type: 'string' } } },
      'visit.made': { subject: 'required', fields: { visit_id: { type: 'string' }, note: text } },
      'room.made': { subject: 'none', key: 'room', fields: { room: { type: 'string' } } },
    },
    metrics: {},
    entities: {
      person: { id: 'subject', events: ['person.seen'] },
      visit: { id: 'visit_id', events: ['visit.made'] },
      room: { id: 'room', events: ['room.made'] },
    },
    views: {
      of: {
        params: subject === 'required' ? { who: { type: 'subject' } } : {},
        answer: { name: 'a', visits: [{ note: 'b' }, { note: null }] },
        sealed,
        ...view,
      },
    },
  };
}

function faultsOf(view: object, subject: 'required' | 'none' = 'required'): readonly unknown[] {
  const parsed = parsePack(packWith(view, subject));
  return parsed.ok ? [] : parsed.fault.map(({ path }) => path);
}

function viewOf() {
  const parsed = parsePack(packWith({}));
  const view = parsed.ok ? compileViews(parsed.value).get('of') : undefined;
  if (!parsed.ok || view === undefined) throw new Error(JSON.stringify(parsed));
  return { view, signature: viewSignatures(parsed.value)[0] };
}

describe('sealed members of a view', () => {
  it('are found at their places, in lists too, and nothing of them is left where they are not shown', () => {
    const { view } = viewOf();
    const body = { name: 'tgs1.a', room: 'r', visits: [{ id: 1, note: 'tgs1.b' }, { id: 2, note: null }, { id: 3 }] };
    expect(textsOfMembers(body, view.sealed).map(({ member, text }) => [member.name, text])).toEqual([
      ['name', 'tgs1.a'],
      ['visits.note', 'tgs1.b'],
    ]);
    expect(withoutSealed(body, view)).toEqual({ room: 'r', visits: [{ id: 1 }, { id: 2 }, { id: 3 }] });
    expect(withoutSealed({ visits: 'none' }, view)).toEqual({ visits: 'none' });
  });

  it('need a view of one person, members that are there and fields that are sealed', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({}, 'none')).toEqual(['views.of.sealed']);
    expect(faultsOf({ background: true })).toEqual(['views.of.sealed']);
    expect(faultsOf({ sealed: { other: sealed.name } })).toEqual(['views.of.sealed.other']);
    expect(faultsOf({ sealed: { name: { entity: 'person', field: 'room' } } })).toEqual(['views.of.sealed.name.field']);
    expect(faultsOf({ sealed: { name: { entity: 'room', field: 'room' } } })).toEqual(['views.of.sealed.name.entity']);
    expect(faultsOf({ params: { who: { type: 'subject' }, include: { type: 'string', optional: true } } })).toEqual([
      'views.of.params.include',
    ]);
  });

  it('that are sensitive are asked for by a parameter of the engine, which no expression sees', () => {
    const { view, signature } = viewOf();
    expect(signature?.params.map(({ name }) => name)).toEqual(['who', 'include']);
    const read = (include?: string) => {
      const given = new Map([['who', ['jo']], ...(include === undefined ? [] : ([['include', [include]]] as const))]);
      return parseParams(view, { given, nowMs: 0, callerSubject: null, pseudonymOf: (id) => id });
    };
    expect(read()).toMatchObject({ ok: true, value: { includesSensitive: false } });
    expect(read('sensitive')).toMatchObject({ ok: true, value: { includesSensitive: true, params: { who: 'jo' } } });
    expect(read('everything')).toMatchObject({ ok: false, fault: [{ path: 'include' }] });
    const values = read('sensitive');
    expect(values.ok && Object.keys(values.value.params)).toEqual(['who']);
  });
});
