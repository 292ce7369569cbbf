import { EXPORT_PARAMS } from '../export-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import * as warehouse from '../warehouse-schemas.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const READING = { answers: 'query', scope: 'query:read', limitClass: 'api_key', params: EXPORT_PARAMS } as const;

/** Exports to a data warehouse. */
export const WAREHOUSE_ROUTES = {
  createWarehouseExport: {
    method: 'POST',
    path: '/v1/exports',
    summary: 'Export events and figures as files, by day',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    accesses: { resource: 'warehouse_exports' },
    body: { contentTypes: JSON_ONLY, schema: warehouse.WAREHOUSE_ASK_SCHEMA },
    responses: {
      202: { description: 'A job makes it; the same asked again meanwhile is the same export.', schema: warehouse.WAREHOUSE_STATE_SCHEMA },
    },
    faults: [...JSON_BODY, 'export_store_unset', 'request_invalid', 'scope_missing', 'unavailable'],
  },
  readWarehouseExport: {
    ...READING,
    method: 'GET',
    path: '/v1/exports/{id}',
    summary: 'How far an export is',
    accesses: { resource: 'warehouse_exports', id: 'id' },
    responses: { 200: { description: 'Its state.', schema: warehouse.WAREHOUSE_STATE_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readWarehouseManifest: {
    ...READING,
    method: 'GET',
    path: '/v1/exports/{id}/manifest',
    summary: 'What a finished export consists of',
    accesses: { resource: 'warehouse_exports', id: 'id' },
    responses: { 200: { description: 'The manifest.', schema: warehouse.WAREHOUSE_MANIFEST_SCHEMA } },
    faults: ['export_store_unset', 'not_found', 'unavailable'],
  },
  readWarehouseFile: {
    ...READING,
    method: 'GET',
    path: '/v1/exports/{id}/files/{no}',
    summary: 'A file of a finished export, by its place in the manifest',
    params: warehouse.WAREHOUSE_FILE_PARAMS,
    accesses: { resource: 'warehouse_exports', id: 'id' },
    responses: {
      200: {
        description: 'The file, as it lies in the store.',
        schema: warehouse.WAREHOUSE_FILE_SCHEMA,
        contentTypes: ['application/vnd.apache.parquet', 'text/csv', 'application/x-ndjson'],
      },
    },
    faults: ['export_store_unset', 'not_found', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
