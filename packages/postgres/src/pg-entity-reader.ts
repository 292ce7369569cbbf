/** Rows of entities in Postgres. */
import { EACH_ROW, failed, planEntityRead, planFigures } from '@tidegate/core';
import type { EntityFigures, EntityRead, EntityValue } from '@tidegate/core';
import type pg from 'pg';
import { figuresText } from './entity-figures-text.ts';
import { besideColumn, INSTANTS, readRowsText } from './entity-read-text.ts';
import { readMark, toFigureRows, toPage } from './entity-reader.ts';
import type { EntityReader, StoredEntityRow, StoredFigures } from './entity-reader.ts';
import { valuesOf } from './entity-rows.ts';

export function createEntityReader(pool: Pick<pg.Pool, 'query'>): EntityReader {
  return {
    async read(question) {
      const planned = planEntityRead(question);
      if (!planned.ok) return planned;
      const read = planned.value;
      const mark = question.after === undefined ? null : readMark(question.after, read);
      if (mark === null && question.after !== undefined)
        return failed({ code: 'cursor_invalid', message: 'is no cursor of this question' });
      const { text, values } = readRowsText(read, mark);
      const { rows } = await pool.query<Record<string, unknown>>(text, [...values]);
      const found = rows.map((row) => toStored(row, read));
      return toPage(read, found);
    },
    async figures(question) {
      const planned = planFigures(question);
      if (!planned.ok) return planned;
      const { text, values } = figuresText(planned.value);
      const { rows } = await pool.query<Record<string, unknown>>(text, [...values]);
      const found = rows.map((row) => toFigures(row, planned.value));
      return toFigureRows(planned.value, found);
    },
  };
}

function toStored(row: Record<string, unknown>, { entity, each, beside }: EntityRead): StoredEntityRow {
  const others = beside.flatMap(({ name, members }): [string, Omit<StoredEntityRow, 'beside'>][] => {
    const named = Object.fromEntries(members.map(({ columnName }) => [columnName, row[besideColumn(name, columnName)]]));
    const values = valuesOf(named, members);
    // Whatever is there has been updated once.
    return values.has('_updated_at') ? [[name, { subject: String(named['_subject'] ?? ''), id: '', values }]] : [];
  });
  if (each !== null) {
    const { columnName } = each.member;
    const text = String(row[besideColumn(EACH_ROW, columnName)]);
    others.push([EACH_ROW, { subject: '', id: '', values: new Map([[columnName, text]]) }]);
  }
  const values = valuesOf(row, [...entity.fields, ...INSTANTS]);
  return { subject: String(row['_subject']), id: String(row['_id']), values, beside: new Map(others) };
}

function toFigures(row: Record<string, unknown>, { groups, figures }: EntityFigures): StoredFigures {
  const valueOf = (name: string): EntityValue | null => {
    const value = row[name];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  };
  return {
    bucket: row['b'] === undefined ? null : Number(row['b']),
    groups: groups.map((_, at) => valueOf(`g${at}`)),
    figures: figures.map((_, at) => valueOf(`m${at}`)),
  };
}
