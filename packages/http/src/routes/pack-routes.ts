import * as packs from '../pack-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const YAML_OR_JSON = ['application/json', 'application/yaml'] as const;

/** Packs as those see them who change them. */
export const PACK_ROUTES = {
  applyPack: {
    method: 'POST',
    path: '/v1/admin/packs',
    summary: 'Put a pack in place',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'In place; every service has it within 2 seconds.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  validatePack: {
    method: 'POST',
    path: '/v1/admin/packs/validate',
    summary: 'Check a pack without putting it in place',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'What applying it would give.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  diffPack: {
    method: 'POST',
    path: '/v1/admin/packs/diff',
    summary: 'What a pack would change',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'By event type and metric.', schema: packs.PACK_DIFF_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  previewPack: {
    method: 'POST',
    path: '/v1/admin/packs/preview',
    summary: 'What a pack would answer, by the newest events',
    answers: 'query',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: packs.PACK_PREVIEW_REQUEST_SCHEMA },
    responses: { 200: { description: 'The same events by the old and by the new definition.', schema: packs.PACK_PREVIEW_SCHEMA } },
    faults: [...JSON_BODY, 'metric_unknown', 'pack_invalid', 'request_invalid', 'unavailable'],
  },
  rollbackPack: {
    method: 'POST',
    path: '/v1/admin/packs/{pack}/rollback',
    summary: 'Put in place again what the pack was before',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: packs.PACK_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: packs.ROLLBACK_REQUEST_SCHEMA, isOptional: true },
    responses: { 200: { description: 'In place; every service has it within 2 seconds.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: ['not_found', 'pack_has_no_version_before', 'pack_invalid', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
