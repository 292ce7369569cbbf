import { loadConfig, runService, systemClock } from '@tidegate/runtime';
import { startIngest } from './app.ts';
import { INGEST_CONFIG } from './config.ts';

await runService({
  name: 'ingest',
  start: ({ log }) => startIngest(loadConfig(INGEST_CONFIG), { clock: systemClock, log }),
});
