import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideDeployTools, startControlPlane } from '@tidegate/native';
import { runTests } from './steps.ts';
import type { Tally } from './tally.ts';
import { failure, isGreen, summary } from './tally.ts';

/** The chart and the manifests in a real control plane of Kubernetes, whose nodes run nothing: `npm run test:cluster [-- files]`. */
async function testInCluster(): Promise<Tally> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-cluster-'));
  try {
    const tools = await provideDeployTools();
    const plane = await startControlPlane({ dataDir });
    try {
      return await runTests({
        project: 'cluster',
        args: process.argv.slice(2),
        env: { KUBECONFIG: plane.kubeconfig, HELM: tools.helm, KUBECTL: tools.kubectl },
      });
    } finally {
      await plane.stop();
    }
  } catch (error) {
    return failure(`cluster: ${error instanceof Error ? error.message : 'could not be started'}`);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const startedAt = performance.now();
const total = await testInCluster();
process.stdout.write(`\nin ${Math.round((performance.now() - startedAt) / 1000)} s\n${summary(total)}\n`);
process.exitCode = isGreen(total) ? 0 : 1;
