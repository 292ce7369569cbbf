import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { emptyTally, addTallies, isGreen, tallyLine } from './tally.ts';
import type { Tally } from './tally.ts';
import { runVitest } from './vitest-run.ts';

/**
 * Property tests and the models again and again, each time from a new seed, until the time is over or one fails. The suite
 * itself draws from one seed; here is where new histories are looked for.
 */
async function explore(untilMs: number): Promise<Tally> {
  let total = emptyTally;
  for (let round = 1; round === 1 || performance.now() < untilMs; round += 1) {
    const seed = randomInt(1, 2 ** 31);
    const outcome = await runVitest({ project: 'unit', args: ['property', 'model'], env: { TIDEGATE_SEED: String(seed) } });
    total = addTallies(total, outcome.tally);
    process.stdout.write(`${isGreen(outcome.tally) ? '✓' : '✗'} seed ${seed}: ${tallyLine(outcome.tally)}\n`);
    if (!isGreen(outcome.tally)) {
      process.stdout.write(`${outcome.output}\nTIDEGATE_SEED=${seed} runs it again.\n`);
      break;
    }
  }
  return total;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const total = await explore(performance.now() + Number(values.minutes) * 60_000);
process.stdout.write(`${tallyLine(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
