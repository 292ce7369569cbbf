/** The one statement that works out figures over rows of an entity. */
import type { EntityFigures, EntityMember, FigureBuckets, FigureList, FigureValue, PlannedFigure } from '@tidegate/core';
import { createBind, foundText, placeText, testOf, tiedTexts } from './entity-read-text.ts';
import type { Bind, Statement } from './entity-read-text.ts';
import { shownText } from './entity-table.ts';

/** Columns `b` (number of the bucket), `g0` … (groups), `m0` … (figures). One more row than the limit. */
export function figuresText({ found, groups, buckets, figures, order, limit }: EntityFigures): Statement {
  const values: unknown[] = [found.entity.tenant];
  const bind = createBind(values);
  const isByBucket = buckets?.isShown === true;
  const keys = [
    ...(isByBucket ? [`${bucketText(buckets, values)} AS b`] : []),
    ...groups.map((group, at) => `${placeText(group)} AS g${at}`),
  ];
  const columns = figures.map((figure, at) => `${figureText(figure, bind)} AS m${at}`);
  const from = foundText(found, bind);
  const names = [...(isByBucket ? ['b'] : []), ...groups.map((_, at) => `g${at}`)];
  const first =
    order === null ? [] : [`m${figures.findIndex(({ name }) => name === order.name)}${order.isDescending ? ' DESC' : ''} NULLS LAST`];
  const sorted = [...first, ...names.map((name) => `${name} NULLS LAST`)];
  const shown = [
    ...(isByBucket ? ['f.b'] : []),
    ...groups.map(({ column }, at) => `${shownText(column, `f.g${at}`)} AS g${at}`),
    ...figures.map(({ column }, at) => `${shownText(column, `f.m${at}`)} AS m${at}`),
  ];
  return {
    text: `SELECT ${shown.join(', ')}
FROM (SELECT ${[...keys, ...columns].join(', ')}
${from}${names.length === 0 ? '' : `\nGROUP BY ${names.join(', ')}`}) f${sorted.length === 0 ? '' : `\nORDER BY ${sorted.map((one) => `f.${one}`).join(', ')}`}
LIMIT ${limit + 1}`,
    values,
  };
}

/** Which of the buckets, from 0 on; those before and after are left out by the conditions. */
function bucketText({ at, edgesMs }: FigureBuckets, values: unknown[]): string {
  const edges = edgesMs.slice(0, -1).map((ms) => new Date(ms).toISOString());
  const column = at.column === 'date' ? `(${placeText(at)}::timestamp AT TIME ZONE 'UTC')` : placeText(at);
  return `width_bucket(${column}, $${values.push(edges)}::timestamptz[]) - 1`;
}

function figureText(figure: PlannedFigure, bind: Bind): string {
  const { kind, value, list, by, weight, q } = figure;
  const at = value === null ? '*' : valueText(value);
  const tests = testsOf(figure, at, bind);
  const among = tests.length === 0 ? '' : ` FILTER (WHERE ${tests.join(' AND ')})`;
  if (kind === 'list') return list === null ? 'NULL' : listText(list, among);
  if (kind === 'first' || kind === 'last') return by === null ? 'NULL' : endText({ at, by, isLast: kind === 'last' }, tests);
  return weight.length === 0 ? FIGURE_TEXTS[kind](at, among, q) : weightedText(at, firstText(weight), among);
}

function testsOf({ conditions, least, below }: PlannedFigure, at: string, bind: Bind): readonly string[] {
  return [
    ...conditions.map((condition) => testOf(condition, placeText(condition), bind)),
    ...(least === null ? [] : [`${at} >= ${bind('double', least)}`]),
    ...(below === null ? [] : [`${at} < ${bind('double', below)}`]),
  ];
}

/** Each row a list of its values as the answer is made of them. */
function listText({ members, by }: FigureList, among: string): string {
  const values = members.map((member) => shownText(member.column, placeText(member))).join(', ');
  return `coalesce(json_agg(json_build_array(${values}) ORDER BY ${placeText(by)}, t._subject, t._id)${among}, '[]')`;
}

interface End {
  readonly at: string;
  readonly by: EntityMember;
  readonly isLast: boolean;
}

/** Of rows that have a value the one of the first or the last; of those at one place that of the later event. */
function endText({ at, by, isLast }: End, tests: readonly string[]): string {
  const place = placeText(by);
  const there = [...tests, `${at} IS NOT NULL`, `${place} IS NOT NULL`].join(' AND ');
  const sorted = [`${place}${isLast ? ' DESC' : ''}`, ...tiedTexts('t').map((tied) => `${tied} DESC`)].join(', ');
  return `(array_agg(${at} ORDER BY ${sorted}) FILTER (WHERE ${there}))[1]`;
}

/** Null where nothing weighs anything. */
function weightedText(at: string, weight: string, among: string): string {
  const all = `nullif(sum(CASE WHEN ${at} IS NOT NULL THEN ${weight} END)${among}, 0)`;
  return `(sum(${at} * ${weight})${among} / ${all})::float8`;
}

const FIGURE_TEXTS: Readonly<
  Record<Exclude<PlannedFigure['kind'], 'list' | 'first' | 'last'>, (at: string, among: string, q: number) => string>
> = {
  count: (at, among) => `count(${at})${among}`,
  distinct: (at, among) => `count(DISTINCT ${at})${among}`,
  sum: (at, among) => `coalesce(sum(${at})${among}, 0)`,
  avg: (at, among) => `(avg(${at})${among})::float8`,
  min: (at, among) => `min(${at})${among}`,
  max: (at, among) => `max(${at})${among}`,
  stddev: (at, among) => `(stddev_samp(${at})${among})::float8`,
  percentile: (at, among, q) => `percentile_cont(${q}) WITHIN GROUP (ORDER BY (${at})::float8)${among}`,
};

function valueText(value: FigureValue): string {
  if (value.kind === 'first') return firstText(value.members);
  if (value.kind === 'days') return `(${dayText(value.to)} - ${dayText(value.from)})`;
  return `extract(epoch FROM ${instantText(value.to)} - ${instantText(value.from)})::float8`;
}

function firstText(members: readonly EntityMember[]): string {
  return members.length === 1 ? members.map(placeText).join('') : `coalesce(${members.map(placeText).join(', ')})`;
}

function dayText(member: EntityMember): string {
  return member.column === 'date' ? placeText(member) : `(${placeText(member)} AT TIME ZONE 'UTC')::date`;
}

function instantText(member: EntityMember): string {
  return member.column === 'date' ? `(${placeText(member)}::timestamp AT TIME ZONE 'UTC')` : placeText(member);
}
