import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedRoute } from '@tidegate/http';
import { listRoutes, openApiDocument } from '@tidegate/http';
import { root } from '../command.ts';
import { page, table } from './markdown.ts';

/** `docs/reference/openapi.json`: the document that the gateway serves. */
export function openApiPage(): string {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return `${JSON.stringify(openApiDocument({ version: manifest.version }), null, 2)}\n`;
}

/** `docs/reference/http.md`: the routes in short; schemas stand in `openapi.json`. */
export function httpPage(): string {
  const routes = listRoutes();
  return page(
    'HTTP',
    'Every route of the public API, behind the gateway. `/api/v1/…` is the same as `/v1/…`. Bodies and answers are described in full in [openapi.json](openapi.json), which the gateway serves at `/openapi.json`; errors in [errors.md](errors.md).',
    table(
      ['route', 'what it does', 'scope', 'limit class', 'answered by'],
      routes.map((route) => [
        `[\`${route.method} ${route.path}\`](#${route.name.toLowerCase()})`,
        route.summary,
        route.scope === null ? 'none' : `\`${route.scope}\``,
        route.limitClass === null ? 'none' : `\`${route.limitClass}\``,
        route.answers,
      ]),
    ),
    ...routes.map(routeSection),
  );
}

function routeSection(route: NamedRoute): string {
  const statuses = Object.entries(route.responses).map(([status, response]) => [status, response.description]);
  const parts = [
    `## ${route.name}`,
    `\`${route.method} ${route.path}\``,
    table(['status', 'meaning'], statuses),
    ...(route.body === undefined ? [] : [`Body: ${route.body.contentTypes.map((type) => `\`${type}\``).join(', ')}.`]),
    ...(route.query === undefined
      ? []
      : [
          `Query parameters: ${Object.keys(route.query.shape)
            .map((name) => `\`${name}\``)
            .join(', ')}.`,
        ]),
    ...(route.faults.length === 0
      ? []
      : [`Errors of its own: ${route.faults.map((code) => `[\`${code}\`](errors.md#${code})`).join(', ')}.`]),
  ];
  return parts.join('\n\n');
}
