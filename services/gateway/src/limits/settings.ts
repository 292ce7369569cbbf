import type { PolicySource } from '@tidegate/core';

export interface LimitSettings {
  readonly limitIpPerMinute: number;
  readonly limitFitnessPerMinute: number;
  readonly limitGlobalPerMinute: number;
  readonly limitIngestPerMinute: number;
  readonly limitApiKeyPerMinute: number;
}

/** Policies as the settings of the process have them; bursts keep the shipped proportion. */
export function limitSettings(settings: LimitSettings): Readonly<Record<string, PolicySource>> {
  const ip = settings.limitIpPerMinute;
  return {
    ip: { limit: ip },
    // What one network may have follows what one address may, and is never less.
    network: { limit: Math.min(ip * 10, 1_000_000_000) },
    global: { limit: settings.limitGlobalPerMinute },
    ingest: { limit: settings.limitIngestPerMinute },
    api_key: { limit: settings.limitApiKeyPerMinute },
    'fitness.general': { limit: settings.limitFitnessPerMinute },
  };
}

/** Comma separated words. */
export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
