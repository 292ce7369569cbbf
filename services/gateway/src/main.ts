import { loadConfig, runService } from '@tidegate/runtime';
import { startApp } from './app.ts';
import { GATEWAY_CONFIG } from './config.ts';

await runService({ name: 'gateway', start: (context) => startApp(loadConfig(GATEWAY_CONFIG), context) });
