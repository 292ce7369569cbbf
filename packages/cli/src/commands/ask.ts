import type { JourneyQuestion } from '@tidegate/sdk';
import type { Command } from 'commander';
import { parseExactly } from '../json-text.ts';
import { CommandFailure, connect, type Connection, type Terminal } from '../terminal.ts';
import { printAnswer } from './analyse.ts';

interface AskFlags extends Connection {
  readonly json?: boolean;
  readonly plot?: boolean;
}

export function addAsk(program: Command, terminal: Terminal): void {
  program
    .command('ask')
    .description(
      'Ask a question of any kind, as POST /v1/query takes it; docs/reference/journeys.md has funnels, retention, cohorts, bands of a score, sessions and experiments.',
    )
    .argument('<question>', 'the question as JSON')
    .option('--json', 'the answer as JSON')
    .option('-p, --plot', 'draw the rows')
    .action(async (...[text, , own]: [string, unknown, Command]) => {
      const flags = own.optsWithGlobals<AskFlags>();
      printAnswer(terminal, await connect(terminal, flags).analyse(questionOf(text)), flags);
    });
}

/** The gateway says what is wrong with it, where it is JSON. */
function questionOf(text: string): JourneyQuestion {
  try {
    return parseExactly(text) as JourneyQuestion;
  } catch {
    throw new CommandFailure('The question is not JSON.');
  }
}
