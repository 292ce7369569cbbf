import { loadConfig, runService } from '@tidegate/runtime';
import { startApp } from './app.ts';
import { AGGREGATOR_CONFIG } from './config.ts';
import { noFault } from './fault-points.ts';

await runService({
  name: 'aggregator',
  start: (context) => startApp(loadConfig(AGGREGATOR_CONFIG), context, noFault),
});
