import type { AnalysisQuestion, Answer, AnswerValue } from '@tidegate/sdk';
import { Argument, type Command } from 'commander';
import { parseExactly } from '../json-text.ts';
import { plotView } from '../plot-view.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';
import { addScope, collect, footer, toScope, type ScopeFlags } from './scope.ts';

const KINDS = ['trend', 'anomalies', 'forecast', 'correlate', 'compare', 'distribution'] as const;
type Kind = (typeof KINDS)[number];

interface AnalyseFlags extends Connection, ScopeFlags {
  readonly measures?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly plot?: boolean;
}

export function addAnalyse(program: Command, terminal: Terminal): void {
  const command = program
    .command('analyse')
    .description('Ask what follows from the answers to questions: docs/reference/analyses.md has every kind with its members.')
    .addArgument(new Argument('<kind>').choices(KINDS))
    .argument('<metric>')
    .option('-m, --measures <names>', 'the measure; of compare several, comma separated; of correlate the output, then the inputs');
  addScope(command)
    .option('-s, --set <member=json>', 'a member of the kind, such as horizon=14 or show=all; repeatable', collect, [])
    .option('--json', 'the answer as JSON')
    .option('-p, --plot', 'draw the rows')
    .action(async (...[kind, metric, , own]: [Kind, string, unknown, Command]) => {
      const flags = own.optsWithGlobals<AnalyseFlags>();
      await analyse(terminal, toAnalysis(kind, metric, flags), flags);
    });
}

async function analyse(terminal: Terminal, question: AnalysisQuestion, flags: AnalyseFlags): Promise<void> {
  printAnswer(terminal, await connect(terminal, flags).analyse(question), flags);
}

/** Rows, then what was found of the whole. */
export function printAnswer(terminal: Terminal, answer: Answer, flags: Pick<AnalyseFlags, 'json' | 'plot'>): void {
  if (flags.json === true) return printJson(terminal, answer);
  const width = terminal.stdout.columns ?? 80;
  const findings = findingsView(answer);
  terminal.stdout.write(`${flags.plot === true ? plotView(answer, { width }) : tableView(answer)}\n`);
  if (findings !== '') terminal.stdout.write(`\n${findings}\n`);
  terminal.stderr.write(`${footer(answer)}\n`);
}

/** The question that the flags describe. */
export function toAnalysis(kind: Kind, metric: string, flags: AnalyseFlags): AnalysisQuestion {
  const names = flags.measures?.split(',') ?? [];
  return { kind, metric, ...measuresOf(kind, names), ...toScope(flags), ...Object.fromEntries(flags.set.map(toMember)) };
}

function measuresOf(kind: Kind, names: readonly string[]): Readonly<Record<string, unknown>> {
  const [first, ...others] = names;
  if (first === undefined) return {};
  if (kind === 'compare') return { measures: names };
  if (kind === 'correlate') return { output: { measure: first }, inputs: others.map((measure) => ({ measure })) };
  return { measure: first };
}

/** What is no JSON is text: `show=all`. */
function toMember(text: string): readonly [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandFailure(`--set "${text}": write it as member=value.`);
  return [text.slice(0, at), jsonOrText(text.slice(at + 1))];
}

function jsonOrText(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return text;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** `meta.analysis` as a table: a row for each group, or one for the whole. */
function findingsView({ meta }: Answer): string {
  const { kind: _kind, groups, ...whole } = (meta['analysis'] ?? {}) as Members;
  const rows = (Array.isArray(groups) ? (groups as readonly Members[]) : [whole]).map(flatten);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) return '';
  return tableView({
    columns: names.map((name) => ({ name, type: 'string' })),
    rows: rows.map((row) => names.map((name) => (row[name] ?? null) as AnswerValue)),
  });
}

/** Members of members by their own names: `change` is told by where, before, after. */
function flatten(findings: Members): Members {
  return Object.fromEntries(
    Object.entries(findings).flatMap(([name, value]) => {
      if (typeof value !== 'object' || value === null) return [[name, value]];
      const inner = Object.entries(value as Members);
      return name === 'group' ? inner : inner.map(([own, of]) => [`${name}.${own}`, of]);
    }),
  );
}
