import { loadConfig, runService } from '@tidegate/runtime';
import { startQuery } from './app.ts';
import { queryConfig } from './config.ts';

await runService({ name: 'query', start: async (context) => startQuery(loadConfig(queryConfig), context) });
