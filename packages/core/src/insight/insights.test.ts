import { describe, expect, it } from 'vitest';
import { parsePack } from '../pack/parse.ts';

const told = { type: 'walk.found', data: { place: '${finding.about}' } };
const insight = { of: 'all', every_s: 60, view: { name: 'walks' }, findings: '[]', event: told };

function faultsOf(more: object): readonly string[] {
  const parsed = parsePack({
    pack: 'walks',
    title: 'Walks',
    events: {
      'walk.ended': { subject: 'required', fields: { place: { type: 'string', dimension: true } } },
      'walk.found': { subject: 'none', fields: { place: { type: 'string', dimension: true } } },
    },
    metrics: {
      walks: { events: ['walk.ended', 'walk.found'], dimensions: ['place'], measures: { walks: { measure: 'count' } } },
    },
    views: { walks: { queries: { rows: { metric: 'walks', kind: 'summary', last: '7d' } }, answer: { items: '${rows}' } } },
    insights: { found: { ...insight, ...more } },
  });
  return parsed.ok ? [] : parsed.fault.map(({ path = '', message }) => `${path}: ${message}`);
}

describe('an insight that is told as events', () => {
  it('names an event of its pack that is about nobody, and fields of it', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ event: { ...told, type: 'walk.lost' } })).toEqual(['insights.found.event.type: is no event type of this pack']);
    expect(faultsOf({ event: { ...told, type: 'walk.ended' } })).toEqual(['insights.found.event.type: its events are about a person']);
    expect(faultsOf({ event: { ...told, data: { pace: 1 } } })).toEqual(['insights.found.event.data.pace: is no field of the event type']);
    expect(faultsOf({ event: { ...told, data: { place: '${view.items}' } } })).toHaveLength(1);
  });

  it('finds nothing about persons', () => {
    expect(faultsOf({ of: 'person' })).toEqual([
      'insights.found.every_s: only findings about nobody in particular are looked for unasked',
      'insights.found.event: only findings about nobody in particular become events',
    ]);
  });
});
