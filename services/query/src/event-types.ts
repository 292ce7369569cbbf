/** `GET /v1/event-types`: what events of the tenant's packs may hold. */
import type { PackSource } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { sendJson } from '@tidegate/http';
import type { Registry } from './registry.ts';

type EventTypeSource = PackSource['events'][string];
type FieldSource = EventTypeSource['fields'][string];

export function createListEventTypes({ registry }: { readonly registry: Pick<Registry, 'packs'> }): (exchange: Exchange) => void {
  return function listEventTypes(exchange) {
    const types = registry
      .packs(exchange.caller.tenant)
      .flatMap(({ source }) => Object.entries(source.events).map(([type, declared]) => viewOf(type, source.pack, declared)));
    sendJson(exchange, { event_types: types.toSorted((a, b) => (a.event_type < b.event_type ? -1 : 1)) });
  };
}

function viewOf(type: string, pack: string, { title, subject, key, aliases, fields }: EventTypeSource) {
  return {
    event_type: type,
    pack,
    title: title ?? type,
    subject,
    key: key ?? null,
    aliases: aliases ?? [],
    fields: Object.entries(fields).map(([name, field]) => fieldView(name, field)),
  };
}

function fieldView(name: string, field: FieldSource): object {
  const { type, title, unit, optional, dimension, min, max, values, sensitive, action, why } = field;
  return {
    ...{ field: name, type, title: title ?? name, unit: unit ?? null, optional: optional === true, dimension: dimension === true },
    ...{ min: min ?? null, max: max ?? null, values: values ?? null, sensitive: sensitive ?? null, action: action ?? 'keep' },
    why: why ?? null,
  };
}
