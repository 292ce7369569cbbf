import { createState, encodeState, entityTable, GRAINS, seriesEntry } from '@tidegate/core';
import type { CompiledEntity, CompiledMetric, CompiledPack, CompiledSet, EntityField } from '@tidegate/core';

/** The value that each text has in the first row, in the form of a pseudonym: as a parameter it stands for itself, whether or not it names a thing. */
export const SAMPLE = 'a'.repeat(64);

export interface Filling {
  readonly pack: CompiledPack;
  /** Rows of each entity, and series (or buckets of the only one) of each metric. */
  readonly size: number;
  /** Pseudonym of the person whose rows most of them are. */
  readonly person: string;
  readonly sql: (statement: string) => Promise<unknown>;
}

/** So many rows for a tenant in every table that views of its pack read: all of one person, one hour apart, the newest now. */
export async function fillTables(filling: Filling): Promise<void> {
  const { pack } = filling;
  for (const entity of pack.entities.values()) await fillEntity(entity, filling);
  for (const metric of pack.metrics.values()) for (const set of metric.sets) await fillCells(metric, set, filling);
  for (const type of pack.eventTypes.values()) await filling.sql(rawEvents(type.type, filling));
}

async function fillEntity(entity: CompiledEntity, { pack, size, person, sql }: Filling): Promise<void> {
  const names = entity.fields.map(({ columnName }) => columnName);
  const indexes = entity.indexes.map((index) => index.map((column) => `${column},`).join(''));
  await sql(`SELECT ensure_entity_table('${pack.pack}', '${entity.entity}', ${arrayOf(names)}, ${arrayOf(indexes)})`);
  const valuesOf = new Map(entity.fields.map((field) => [field.name, valueOf(field, entity, pack)]));
  // Where the person is the entity each has one row: the others are other persons'.
  const isOnePerPerson = entity.hasSubject && !entity.isPerEvent && entity.idFields.length === 0;
  const subject = entity.hasSubject ? (isOnePerPerson ? `CASE WHEN n = 1 THEN '${person}' ELSE 'other-' || n END` : `'${person}'`) : `''`;
  const columns = ['_tenant', '_subject', '_id', '_created_at', '_updated_at', '_exists', '_partition', '_state', ...names];
  const values = [`'${pack.tenant}'`, subject, idOf(entity, valuesOf), AT, AT, 'true', '0', `''`, ...valuesOf.values()];
  await sql(`INSERT INTO "${entityTable(entity)}" (${columns.map((column) => `"${column}"`).join(', ')})
    SELECT ${values.join(', ')} FROM generate_series(1, ${size}) n`);
}

const AT = `now() - (n - 1) * INTERVAL '1 hour'`;
const NUMBERED = `CASE WHEN n = 1 THEN '${SAMPLE}' ELSE '${SAMPLE}-' || n END`;

function idOf({ idFields, isPerEvent }: CompiledEntity, valuesOf: ReadonlyMap<string, string>): string {
  if (isPerEvent) return `json_build_array('', ${NUMBERED})::text`;
  const texts = idFields.map((field) => `(${valuesOf.get(field) ?? `''`})::text`);
  return texts.length > 1 ? `json_build_array(${texts.join(', ')})::text` : (texts[0] ?? `''`);
}

function valueOf(field: EntityField, { idFields, events }: CompiledEntity, pack: CompiledPack): string {
  const isId = idFields.includes(field.name);
  switch (field.column) {
    case 'text': {
      const [value] = events.flatMap((type) => pack.eventTypes.get(type)?.fieldByName.get(field.name)?.values ?? []);
      return isId ? NUMBERED : `'${value ?? SAMPLE}'`;
    }
    case 'numeric':
    case 'double':
      return isId ? 'n' : '1 + n % 7';
    case 'boolean':
      return 'true';
    case 'instant':
      return AT;
    case 'date':
      return isId ? `(now() - (n - 1) * INTERVAL '1 day')::date` : `(${AT})::date`;
    case 'json':
      return field.type === 'string_list' ? `'["${SAMPLE}"]'` : `'[]'`;
  }
}

/** A series each where a set tells series apart, else the buckets of one. */
async function fillCells(metric: CompiledMetric, set: CompiledSet, { pack, size, person, sql }: Filling): Promise<void> {
  const [grain = 'quarter_hour'] = metric.grains;
  const { code, seconds } = GRAINS[grain];
  const nowS = Math.floor(Date.now() / 1_000 / seconds) * seconds;
  const state = Buffer.from(encodeState(createState(metric.measures))).toString('hex');
  const isApart = set.dimensions.length > 0 || set.bySubject;
  const rows = Array.from({ length: size }, (_, n) => {
    const dims = set.dimensions.map((name) => dimensionValue(metric, name, isApart ? n : 0));
    const subject = set.bySubject ? (set.dimensions.length > 0 || n === 0 ? person : `other-${n}`) : '';
    const series = seriesEntry({ tenant: pack.tenant, metric: metric.metric, version: 1, setNo: set.setNo, subject, dims });
    return { id: Buffer.from(series.id).toString('hex'), dims, subject, bucketS: nowS - n * Math.max(seconds, 3_600) };
  });
  await sql(
    `INSERT INTO series VALUES ${rows
      .map(({ id, subject, dims }) => {
        return `('${id}', '${pack.tenant}', '${metric.metric}', 1, ${set.setNo}, '${subject}', ${arrayOf(dims)})`;
      })
      .join(', ')} ON CONFLICT DO NOTHING`,
  );
  await sql(
    `INSERT INTO cell VALUES ${rows
      .map(({ id, bucketS }) => `('${id}', ${code}, ${bucketS}, 0, '\\x${state}', 1, 1, 0)`)
      .join(', ')} ON CONFLICT DO NOTHING`,
  );
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'number']);

function dimensionValue({ dimensions }: CompiledMetric, name: string, n: number): string {
  const { type, values } = dimensions.find((one) => one.name === name) ?? { type: 'string' };
  if (values !== undefined) return values[n % values.length] ?? SAMPLE;
  if (type === 'boolean') return n % 2 === 0 ? 'true' : 'false';
  if (NUMBERS.has(type)) return String(n);
  if (type === 'date') return new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);
  return n === 0 ? SAMPLE : `${SAMPLE}-${n + 1}`;
}

function rawEvents(type: string, { pack, size, person }: Filling): string {
  return `INSERT INTO raw_event SELECT '${pack.tenant}', '${type}-' || n, '', '${type}', '${person}', ${AT}, now(), 0, n, 1, 1, '{}'
    FROM generate_series(1, ${size}) n`;
}

function arrayOf(texts: readonly string[]): string {
  return `ARRAY[${texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')}]::text[]`;
}
