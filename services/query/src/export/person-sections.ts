/** All that is held about a person, in the order of an export (docs/design/person-exports.md). */
import { toIsoUtc } from '@tidegate/core';
import type { CompiledEntity } from '@tidegate/core';
import { decodeExactly } from '@tidegate/http';
import type { AuditReader, EntityReader, EventsRead, InsightStore } from '@tidegate/postgres';
import type { RegisteredPack, Registry } from '../registry.ts';
import { createAuditRows } from './audit-rows.ts';
import { entityRows } from './entity-rows.ts';
import { insightRows } from './insight-rows.ts';
import type { OpenedValues } from './opened-values.ts';
import type { OriginalsDeps } from './original-rows.ts';
import { originalRows } from './original-rows.ts';
import type { RollupDeps } from './rollup-rows.ts';
import { rollupRows } from './rollup-rows.ts';
import type { ExportedPerson, ExportRow, Section, Sections } from './section.ts';
import { splitByType } from './split-by-type.ts';
import type { TypedRows } from './split-by-type.ts';

export interface PersonSectionsDeps extends OriginalsDeps, RollupDeps {
  readonly registry: Pick<Registry, 'packs'>;
  readonly entities: Pick<EntityReader, 'read'>;
  readonly insights: Pick<InsightStore, 'list'>;
  readonly accesses: Pick<AuditReader, 'list'>;
}

export interface PersonSectionsOf {
  readonly person: ExportedPerson;
  readonly opened: OpenedValues;
  readonly packs: readonly RegisteredPack[];
  /** By type in the order of `typesOf`. */
  readonly rows: EventsRead['rows'];
}

/** By which order events come, so that those of one pack are together. */
export function typesOf(packs: readonly RegisteredPack[]): readonly string[] {
  return packs.flatMap(({ compiled }) => [...compiled.eventTypes.keys()]);
}

export async function* personSections(deps: PersonSectionsDeps, { person, opened, packs, rows }: PersonSectionsOf): Sections {
  const events = splitByType(rows);
  const audit = createAuditRows(deps.accesses, packs, person);
  const known = new Set(typesOf(packs));
  // Types that no pack has any more come first.
  yield { path: ['other', 'events'], rows: eventRows(events, (type) => !known.has(type), opened) };
  yield { path: ['other', 'rejected'], rows: originalRows(deps, person) };
  yield { path: ['other', 'audit_access'], rows: audit.of(null) };
  for (const pack of packs) yield* packSections(deps, { person, opened, packs, rows, pack, events, audit });
}

interface PackOf extends PersonSectionsOf {
  readonly pack: RegisteredPack;
  readonly events: TypedRows;
  readonly audit: ReturnType<typeof createAuditRows>;
}

async function* packSections(deps: PersonSectionsDeps, of: PackOf): Sections {
  const { pack, person, opened, events, audit } = of;
  const { pack: name, eventTypes, entities } = pack.compiled;
  const at = (...path: readonly string[]): Pick<Section, 'path'> => ({ path: ['packs', name, ...path] });
  const own = [...entities.values()].filter(({ hasSubject }) => hasSubject);
  const profile = own.find(isProfile);
  const rowsOf = (entity: CompiledEntity) => entityRows(deps.entities, entity, { person, opened });
  yield { ...at('profile'), isSingle: true, rows: profile === undefined ? none() : rowsOf(profile) };
  for (const entity of own) if (entity !== profile) yield { ...at('entities', entity.entity), rows: rowsOf(entity) };
  yield { ...at('events'), rows: eventRows(events, (type) => eventTypes.has(type), opened) };
  yield { ...at('rollups'), rows: rollupRows(deps, pack, person) };
  yield { ...at('insights'), rows: insightRows(deps.insights, pack, person) };
  yield { ...at('audit_access'), rows: audit.of(name) };
}

/** The entity that is the person, one row of it: the one that a pack calls `profile`, or its only one of this kind. */
function isProfile({ idFields, isPerEvent, entity }: CompiledEntity, _at: number, all: readonly CompiledEntity[]): boolean {
  if (idFields.length > 0 || isPerEvent) return false;
  const alike = all.filter((one) => one.idFields.length === 0 && !one.isPerEvent);
  return entity === 'profile' || (alike.length === 1 && !alike.some((one) => one.entity === 'profile'));
}

// oxlint-disable-next-line require-yield -- a list without rows
async function* none(): AsyncGenerator<readonly ExportRow[]> {}

async function* eventRows(
  events: TypedRows,
  isOf: (type: string) => boolean,
  { open }: OpenedValues,
): AsyncGenerator<readonly ExportRow[]> {
  for await (const page of events.while(isOf)) {
    yield page.map((row) => ({
      ...{ id: row.eventId, type: row.type, source: row.source },
      ...{ occurred_at: toIsoUtc(row.occurredAtMs), received_at: toIsoUtc(row.receivedAtMs) },
      data: openData(row.data, (value, field) => open(value, field, [row.type])),
      ...(row.attributes === null ? {} : { attributes: decodeExactly(row.attributes) }),
    }));
  }
}

function openData(text: string, open: (value: unknown, field: string) => unknown): unknown {
  const data = decodeExactly(text);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([field, value]) => [field, open(value, field)]));
}
