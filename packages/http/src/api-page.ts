import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FaultCode, FaultEntry } from '@tidegate/core';
import { FAULTS } from '@tidegate/core';
import type { JsonSchema } from './api-page-schema.ts';
import { memberRow, membersTable, schemaId, table, typeOf } from './api-page-schema.ts';
import { Html, markup, prose } from './html.ts';
import type { OpenApiOptions } from './openapi.ts';
import { openApiDocument } from './openapi.ts';

interface Described {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-required-scope'?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: Pick<Required<Described>, 'content'>;
  readonly responses: Readonly<Record<string, Described>>;
}

interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface ApiPage {
  readonly body: string;
  /** For the header `Content-Security-Policy`: the page runs no script and loads nothing from anywhere. */
  readonly contentSecurityPolicy: string;
}

/** The API document as a page to read: made once, whole, so that it needs neither scripts nor another host. */
export function apiPage(options: OpenApiOptions): ApiPage {
  const style = readFileSync(new URL('api-page.css', import.meta.url), 'utf8');
  const styleHash = createHash('sha256').update(style).digest('base64');
  const document = openApiDocument(options) as Pick<ApiDocument, keyof ApiDocument>;
  return {
    body: page(document, style).text,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}

function page({ info, paths, components }: ApiDocument, style: string): Html {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${info.title} API ${info.version}</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <a class="skip" href="#routes">Skip to the routes</a>
        <header>
          <h1>${info.title} API <span class="faint">${info.version}</span></h1>
          <p>${prose(info.description)} The same for programs, in OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a>.</p>
          <nav aria-label="On this page"><a href="#routes">Routes</a> · <a href="#schemas">Schemas</a> · <a href="#errors">Errors</a></nav>
        </header>
        <main>
          <h2 id="routes">Routes</h2>
          ${routesTable(operations)} ${operations.map(routeArticle)}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(components.schemas).map(schemaSection)}
          <h2 id="errors">Errors</h2>
          ${errorsTable()}
        </main>
      </body>
    </html> `;
}

interface Shown {
  readonly route: string;
  readonly operation: Operation;
}

function routesTable(shown: readonly Shown[]): Html {
  const rows = shown.map(
    ({ route, operation }) =>
      markup`<tr>
        <th scope="row"><a href="#route-${operation.operationId}"><code>${route}</code></a></th>
        <td>${prose(operation.summary)}</td>
        <td>${scopeOf(operation)}</td>
      </tr>`,
  );
  return table('All routes; each is described below.', ['route', 'what it does', 'scope'], rows);
}

function scopeOf({ 'x-required-scope': scope }: Operation): Html {
  return scope === undefined ? markup`<span class="faint">none</span>` : markup`<code>${scope}</code>`;
}

function routeArticle({ route, operation }: Shown): Html {
  const { operationId, summary, requestBody, parameters = [] } = operation;
  return markup`<article aria-labelledby="route-${operationId}">
    <h3 id="route-${operationId}"><code>${route}</code></h3>
    <p>${prose(summary)}. Scope: ${scopeOf(operation)}.</p>
    ${parameters.length === 0 ? '' : parametersTable(parameters)}
    ${requestBody === undefined ? '' : bodyTable(requestBody)}
    ${responsesTable(operation)}
  </article>`;
}

function parametersTable(parameters: NonNullable<Operation['parameters']>): Html {
  const rows = parameters.map(({ name, in: place, required, schema }) =>
    memberRow(place === 'path' ? `{${name}}` : `?${name}=`, schema, required),
  );
  return table('Parameters', ['name', 'value', 'meaning'], rows);
}

function bodyTable({ content }: Pick<Required<Described>, 'content'>): Html {
  const [first] = Object.values(content);
  return membersTable(first?.schema ?? {}, `Body, as ${Object.keys(content).join(' or ')}`);
}

function responsesTable({ responses }: Operation): Html {
  const rows = Object.entries(responses).map(
    ([status, { description, content = {} }]) =>
      markup`<tr>
        <th scope="row">${status}</th>
        <td>${description.split('\n\n').map((line) => markup`<div>${prose(line)}</div>`)}</td>
        <td>${Object.entries(content).map(([type, { schema }]) => markup`<div>${typeOf(schema)} <span class="faint">${type}</span></div>`)}</td>
      </tr>`,
  );
  return table('Answers', ['status', 'meaning', 'body'], rows);
}

function schemaSection([name, schema]: readonly [string, JsonSchema]): Html {
  return markup`<article aria-labelledby="${schemaId(name)}">
    <h3 id="${schemaId(name)}">${name}</h3>
    <p>${prose(schema.description ?? '')}</p>
    ${membersTable(schema, `Members of ${name}`)}
  </article>`;
}

function errorsTable(): Html {
  const entries = Object.entries(FAULTS) as [FaultCode, FaultEntry][];
  const rows = entries.map(
    ([code, { status, meaning, next }]) =>
      markup`<tr id="error-${code}">
        <th scope="row"><code>${code}</code></th>
        <td>${status}</td>
        <td>${prose(meaning)}</td>
        <td>${prose(next)}</td>
      </tr>`,
  );
  const caption = 'Every code that an answer, or the verdict of one event, may hold.';
  return table(caption, ['code', 'status', 'meaning', 'what to do'], rows);
}
