import type { DeployTools } from '@tidegate/native';
import type { Manifest } from '../../scripts/k8s/manifest.ts';
import { renderChart } from '../../scripts/k8s/manifests.ts';

/** The value files that are rendered, and what is given before them. */
export const RENDERINGS = [
  'minimal',
  'production',
  'keda',
  'gateway-api',
  'external-secrets',
  'no-hooks',
  'openshift',
  'subchart',
] as const;

export type RenderingName = (typeof RENDERINGS)[number];

export function renderNamed({ helm }: DeployTools, name: RenderingName): readonly Manifest[] {
  const before = name === 'production' ? ['k8s/chart/values-production.yaml'] : [];
  return renderChart(helm, { release: 'tidegate', values: [...before, `k8s/chart/ci/${name}-values.yaml`] });
}
