import { readFileSync, rmSync } from 'node:fs';
import { loadConfig, runService } from '@tidegate/runtime';
import { startApp } from '../../services/aggregator/src/app.ts';
import { AGGREGATOR_CONFIG } from '../../services/aggregator/src/config.ts';
import type { FaultPoint } from '../../services/aggregator/src/fault-points.ts';

/**
 * The aggregator with a switch that the shipped program has not: it ends itself with SIGKILL when it reaches the point named in
 * the file `FAULT_FILE`. The file is removed first, so each order is carried out once.
 */
const file = process.env['FAULT_FILE'] ?? '';

function endAt(point: FaultPoint): void {
  if (orderedPoint() !== point) return;
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
}

function orderedPoint(): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // no order
  }
}

await runService({ name: 'aggregator', start: (context) => startApp(loadConfig(AGGREGATOR_CONFIG), context, endAt) });
