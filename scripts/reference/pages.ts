import { configPage } from './config.ts';
import { errorsPage } from './errors.ts';
import { httpPage, openApiPage } from './http.ts';
import { metricsPage } from './metrics.ts';
import { topicsPage } from './topics.ts';

/** Every generated page, by its name in `docs/reference`. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['config.md', await configPage()],
    ['errors.md', errorsPage()],
    ['http.md', httpPage()],
    ['metrics.md', metricsPage()],
    ['openapi.json', openApiPage()],
    ['topics.md', topicsPage()],
  ]);
}
