import type { Answer, Question } from '@tidegate/sdk';
import type { Command } from 'commander';
import { CommandFailure } from '../terminal.ts';

/** Which events a question is about: the flags that all questions share. */
export interface ScopeFlags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly days?: string;
  readonly asOf?: string;
  readonly start?: string;
  readonly end?: string;
  readonly grain?: string;
  readonly zone?: string;
  readonly groupBy?: string;
  readonly where: readonly string[];
  readonly subject?: string;
}

export function addScope(command: Command): Command {
  return command
    .option('--from <time>', 'local date or time in --zone, or an instant')
    .option('--to <time>', 'end, not included')
    .option('--last <span>', 'in place of --from and --to: 12h, 30d')
    .option('--days <count>', 'in place of --from and --to: so many dates, up to the one of --as-of')
    .option('--as-of <time>', 'what --last and --days look back from; now when absent')
    .option('--start <date>', 'in place of --from and --to: the first date that counts')
    .option('--end <date>', 'the last date that counts')
    .option('-g, --grain <grain>', 'of a series: minute (where the metric keeps it), quarter_hour, hour, day, week, month, quarter, year')
    .option('-z, --zone <zone>', 'IANA zone of buckets and local times')
    .option('-b, --group-by <dimensions>', 'comma separated')
    .option(
      '-w, --where <condition>',
      'dimension=value, also != > >= < <= and ^= (prefix); a|b for one of several; repeatable',
      collect,
      [],
    )
    .option('--subject <id>', 'one person or thing');
}

type Scope = Pick<
  Question,
  'from' | 'to' | 'last' | 'days' | 'as_of' | 'start' | 'end' | 'grain' | 'zone' | 'subject' | 'group_by' | 'where'
>;

/** Members of a question; a value in a condition is text, `true`, `false` or a number. */
export function toScope({ from, to, last, days, asOf, start, end, grain, zone, subject, groupBy, where }: ScopeFlags): Scope {
  const range = { from, to, last, days: days === undefined ? days : Number(days), as_of: asOf, start, end };
  const given = Object.entries({ ...range, grain, zone, subject }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(groupBy === undefined ? {} : { group_by: groupBy.split(',') }),
    ...(where.length === 0 ? {} : { where: toWhere(where) }),
  };
}

/** Says through when the answer is complete, and what a reader must know about it. */
export function footer(answer: Answer): string {
  const { meta, next_cursor: cursor } = answer;
  const notes = [`complete through ${String(meta['complete_through'] ?? 'unknown')} (${String(meta['status'] ?? 'unknown')})`];
  if (meta['history_from'] !== undefined) notes.push(`history from ${String(meta['history_from'])}`);
  const folded = meta['over_budget'];
  if (Array.isArray(folded)) notes.push(`more values than the budget of ${folded.join(', ')}: see tidegate budgets`);
  if (cursor !== null) notes.push('more rows: use --all');
  return notes.join(' · ');
}

const OPERATORS: Readonly<Record<string, string>> = {
  '!=': 'ne',
  '>=': 'gte',
  '<=': 'lte',
  '^=': 'prefix',
  '>': 'gt',
  '<': 'lt',
  '=': 'eq',
};

function toWhere(conditions: readonly string[]): Readonly<Record<string, unknown>> {
  const where: Record<string, Record<string, unknown>> = {};
  for (const condition of conditions) {
    const { name, operator, value } = toCondition(condition);
    where[name] = { ...where[name], [operator]: value };
  }
  return where;
}

function toCondition(text: string): { readonly name: string; readonly operator: string; readonly value: unknown } {
  const match = /^([a-z][a-z0-9_]*)(!=|>=|<=|\^=|>|<|=)(.*)$/s.exec(text);
  if (match === null) throw new CommandFailure(`--where "${text}": write it as dimension=value.`);
  const [, name = '', sign = '', written = ''] = match;
  const several = written.split('|');
  if (several.length > 1 && sign === '=') return { name, operator: 'in', value: several.map(toValue) };
  if (several.length > 1 && sign === '!=') return { name, operator: 'not_in', value: several.map(toValue) };
  return { name, operator: OPERATORS[sign] ?? 'eq', value: toValue(written) };
}

function toValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
