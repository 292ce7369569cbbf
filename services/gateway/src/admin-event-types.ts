/** Event types that a tenant defines while everything runs (docs/design/defined-event-types.md). */
import type { EventTypeDefinition, Fault } from '@tidegate/core';
import type { Exchange, Handler, ProblemFault } from '@tidegate/http';
import {
  EVENT_TYPE_CHANGE_SCHEMA,
  EVENT_TYPE_DEFINITION_SCHEMA,
  EVENT_TYPE_PARAMS,
  invalidRequest,
  sendJson,
  sendProblem,
} from '@tidegate/http';
import type { AdminDependencies } from './admin-dependencies.ts';
import { noteChange, packView } from './admin-packs.ts';
import { readAsked } from './read-asked.ts';

type EventTypeRoute = 'defineEventType' | 'changeEventType';

const CREATED = 201;

export function createAdminEventTypes(dependencies: AdminDependencies): Readonly<Record<EventTypeRoute, Handler>> {
  async function apply(exchange: Exchange, definition: EventTypeDefinition): Promise<void> {
    const { response, context, caller } = exchange;
    const planned = await dependencies.store.applyEventType(caller.tenant, definition);
    if (!planned.ok) return sendProblem(response, problemOf(planned.fault), context);
    noteChange(dependencies, planned.value);
    const status = definition.mode === 'add' ? CREATED : 200;
    sendJson(exchange, { event_type: definition.eventType, ...packView(planned.value) }, { status });
  }

  return {
    async defineEventType(exchange) {
      const asked = await readAsked(exchange, EVENT_TYPE_DEFINITION_SCHEMA);
      if (!asked.ok) return sendProblem(exchange.response, asked.fault, exchange.context);
      const { event_type: eventType, ...declared } = asked.value;
      await apply(exchange, { eventType, declared, mode: 'add' });
    },
    async changeEventType(exchange) {
      const named = EVENT_TYPE_PARAMS.safeParse(exchange.params);
      if (!named.success) return sendProblem(exchange.response, invalidRequest(named.error), exchange.context);
      const asked = await readAsked(exchange, EVENT_TYPE_CHANGE_SCHEMA);
      if (!asked.ok) return sendProblem(exchange.response, asked.fault, exchange.context);
      await apply(exchange, { eventType: named.data.event_type, declared: asked.value, mode: 'change' });
    },
  };
}

function problemOf(faults: readonly Fault[]): ProblemFault {
  const bare = faults.find(({ code }) => code === 'not_found' || code === 'event_type_taken');
  if (bare !== undefined) return { code: bare.code };
  const incompatible = faults.find(({ code }) => code === 'event_type_incompatible');
  return {
    code: incompatible === undefined ? 'request_invalid' : incompatible.code,
    errors: faults.map(({ code, path = '', message }) => ({ code: code === 'pack_invalid' ? 'invalid_value' : code, path, message })),
  };
}
