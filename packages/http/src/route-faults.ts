import type { FaultCode } from '@tidegate/core';

/** What may be wrong with a body before anybody looks at its members. */
export const JSON_BODY = ['bad_json', 'bad_utf8', 'body_too_large', 'unsupported_format'] as const satisfies readonly FaultCode[];

/** Why a question may not be answered, whichever way it came. */
export const ANSWERING = [
  'archive_damaged',
  'archive_unread',
  'cursor_invalid',
  'dimension_unknown',
  'field_unknown',
  'grain_not_stored',
  'groups_unprotected',
  'measure_unknown',
  'metric_in_making',
  'metric_unknown',
  'not_stored_together',
  'overloaded',
  'question_invalid',
  'question_too_slow',
  'range_too_large',
  'receipt_invalid',
  'row_refused',
  'time_invalid',
  'type_unknown',
  'unavailable',
  'where_type_mismatch',
  'zone_unknown',
] as const satisfies readonly FaultCode[];
