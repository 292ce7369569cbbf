import { apiTypes } from '../../packages/sdk/generate/api-types.ts';
import { configPage } from './config.ts';
import { errorsPage } from './errors.ts';
import { httpPage, openApiPage } from './http.ts';
import { metricsPage } from './metrics.ts';

import { topicsPage } from './topics.ts';

/** Every file that is made of the source and kept beside it, by its path. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/config.md', await configPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/http.md', httpPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/openapi.json', openApiPage()],
    ['docs/reference/topics.md', topicsPage()],
    ['packages/sdk/src/generated/api.ts', await apiTypes(openApiPage())],
  ]);
}
