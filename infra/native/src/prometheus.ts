import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchProcess } from './child-process.ts';
import { providePrometheus } from './deploy-tools.ts';
import { startOnFreePort } from './port.ts';
import { waitUntil } from './readiness.ts';
import { processHome } from './servers.ts';

export interface PrometheusOptions {
  readonly dataDir: string;
  /** Ports of loopback that serve `/metrics`. */
  readonly targets: readonly number[];
  readonly ruleFiles: readonly string[];
}

export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Prometheus that looks each second. */
export async function startPrometheus({ dataDir, targets, ruleFiles }: PrometheusOptions): Promise<Prometheus> {
  const command = await providePrometheus();
  const home = processHome(dataDir);
  const folder = join(dataDir, 'prometheus');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  const jobs = [{ job_name: 'tidegate', static_configs: [{ targets: targets.map((port) => `127.0.0.1:${port}`) }] }];
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  writeFileSync(config, JSON.stringify({ global, rule_files: ruleFiles, scrape_configs: jobs }));
  return startOnFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`];
    const running = launchProcess(home, { name: 'prometheus', command, args, cwd: folder });
    await waitUntil({ what: 'Prometheus', process: running, withinMs: 60_000, isReady: async () => (await fetch(`${url}/-/ready`)).ok });
    return { url, stop: () => running.stop() };
  });
}
