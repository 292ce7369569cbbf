/**
 * Every code that Tidegate may answer, in one place. `meaning` says what happened, `next` what the caller does about it;
 * both stand in the error reference and neither ever holds a value that a caller sent.
 */
export interface FaultEntry {
  /** HTTP status where the code is the answer of a whole request; for one event of a request it is the status of that kind. */
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly next: string;
}

/** In alphabetical order. */
export const FAULTS = {
  archive_damaged: {
    status: 503,
    title: 'Archive damaged',
    meaning:
      'Part of what is asked for is in the archive alone, and a file of it is lost, is not the one that was written, or opens with no key of FIELD_KEYS. Nothing less than all was answered.',
    next: 'Ask for a later range. Which file it is stands in the log of the query service (`archive_unreadable`); put it back from a copy of the object store, or add the key that it was sealed with to FIELD_KEYS.',
  },
  archive_unread: {
    status: 503,
    title: 'Archive not read',
    meaning: 'Part of what is asked for is in the archive alone, and the query service was not told where that is.',
    next: 'Set ARCHIVE_S3_ENDPOINT or ARCHIVE_FOLDER for the query service, as for `tidegate archive run`, or restore the days first.',
  },
  audit_unavailable: {
    status: 503,
    title: 'Audit cannot be kept',
    meaning:
      'The answer holds data of persons, or an admin asks for a change, and the record of this access could not be kept in time; nothing was shown. A change by an admin was not made; what anybody else asked to be changed may have been.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  bad_character: {
    status: 422,
    title: 'Character not allowed',
    meaning: 'A text holds U+0000 or a lone surrogate, which Postgres and UTF-8 cannot carry.',
    next: 'Remove the character and send the event again.',
  },
  bad_encoding: {
    status: 400,
    title: 'Body cannot be decompressed',
    meaning: 'The body does not follow the content encoding that the request names.',
    next: 'Compress the body anew; events answered as accepted need not be sent again.',
  },
  bad_json: {
    status: 400,
    title: 'Not JSON',
    meaning: 'The bytes are not one JSON value as RFC 8259 defines it, or nest deeper than 32 levels.',
    next: 'Write the event with a JSON encoder, one value per line for NDJSON.',
  },
  bad_utf8: {
    status: 400,
    title: 'Not UTF-8',
    meaning: 'The bytes are not well-formed UTF-8.',
    next: 'Encode the event as UTF-8 without byte order mark.',
  },
  bad_yaml: {
    status: 400,
    title: 'Not YAML',
    meaning: 'The bytes are not one YAML document.',
    next: 'Correct the place that errors names.',
  },
  body_too_large: {
    status: 413,
    title: 'Body over the limit',
    meaning: 'The request holds more bytes, as it comes or after inflation, or more events than one request may.',
    next: 'Split the events over several requests.',
  },
  credentials_invalid: {
    status: 401,
    title: 'Credentials not valid',
    meaning:
      'The API key is mistyped, unknown, expired or revoked, the token is none that is taken here, or user name and password do not belong together.',
    next: 'Check the key, the token or the password, or ask whoever administers the tenant for a new one.',
  },
  credentials_missing: {
    status: 401,
    title: 'Credentials missing',
    meaning: 'The request carries no API key.',
    next: 'Send the key as "Authorization: Bearer <key>", as X-API-Key, or as the user name of HTTP Basic.',
  },
  cursor_invalid: {
    status: 422,
    title: 'Cursor not valid',
    meaning: 'The cursor was not made by this service, or belongs to another question.',
    next: 'Ask the first page again and follow its next_cursor with the same question.',
  },
  dimension_unknown: {
    status: 422,
    title: 'Dimension not declared',
    meaning: 'The metric does not declare a dimension that group_by or where names.',
    next: 'Ask GET /v1/metrics/{metric} for the dimensions of the metric.',
  },
  duplicate_key: {
    status: 422,
    title: 'Member given twice',
    meaning: 'An object of the event holds the same member name twice, so its meaning is not certain.',
    next: 'Send each member once.',
  },
  erased: {
    status: 422,
    title: 'Person erased',
    meaning: 'The event is about a person who was erased, or is being erased; nothing of it is kept.',
    next: 'Send no more events about this person. Whoever comes back needs another subject.',
  },
  erasure_unfinished: {
    status: 409,
    title: 'Erasure not finished',
    meaning: 'There is no certificate before everything that can be asked for is gone.',
    next: 'Ask for the state of the erasure, and for the certificate once it is `erased`.',
  },
  event_type_incompatible: {
    status: 422,
    title: 'Event type not compatible',
    meaning: 'What was sent as this event type before would not fit the new definition, or would mean something else.',
    next: 'Change what errors names, or define another event type beside it.',
  },
  event_type_taken: {
    status: 409,
    title: 'Event type taken',
    meaning: 'A pack of the tenant declares an event type, or an alias, of this name.',
    next: 'Use another name; one that was defined here is changed by PUT /v1/event-types/{event_type}, one of another pack with that pack.',
  },
  event_unreadable: {
    status: 422,
    title: 'Record cannot be read',
    meaning: 'A record of the log holds no event that this version can read. It became a rejected row and the others went on.',
    next: 'Read the rejected row and send the event again; where many appear, look for a writer that is not ingest.',
  },
  event_unstorable: {
    status: 422,
    title: 'Event cannot be stored',
    meaning: 'The database refuses this one event for its data. It became a rejected row and the others went on.',
    next: 'Read the rejected row, correct the event and send it again.',
  },
  export_store_unset: {
    status: 503,
    title: 'No store for exports',
    meaning: 'The query service was not told where files of exports are to lie.',
    next: 'Set WAREHOUSE_S3_ENDPOINT or WAREHOUSE_FOLDER for the query service.',
  },
  feature_disabled: {
    status: 404,
    title: 'Feature switched off',
    meaning: 'The route belongs to a feature that this installation has switched off.',
    next: 'Ask whoever runs the installation; ENABLE_ANALYTICS is the switch of the analytics routes, ENABLE_LIVE that of answers that stay open.',
  },
  field_invalid: {
    status: 422,
    title: 'Field has the wrong type',
    meaning: 'A field is not of the type that the event type declares.',
    next: 'Send the field in the type that the pack declares.',
  },
  field_missing: {
    status: 422,
    title: 'Field missing',
    meaning: 'A member that the event type requires is absent or null.',
    next: 'Send the member, or declare it optional in the pack.',
  },
  field_out_of_range: {
    status: 422,
    title: 'Field out of range',
    meaning: 'A number is outside the bounds, or a text longer than the length, that the pack declares.',
    next: 'Correct the value, or widen the bounds in the pack.',
  },
  field_refused: {
    status: 422,
    title: 'Field refused',
    meaning: 'The pack declares that this field must not be sent.',
    next: 'Leave the field out.',
  },
  field_unknown: {
    status: 422,
    title: 'Field not declared',
    meaning: 'The event holds a member that its type does not declare.',
    next: 'Leave the member out, declare it in the pack, or let the event type drop unknown members.',
  },
  grain_not_stored: {
    status: 422,
    title: 'Grain not stored',
    meaning: 'The metric does not keep buckets as fine as the question asks.',
    next: 'Ask for quarter_hour or a coarser grain.',
  },
  groups_unprotected: {
    status: 403,
    title: 'Groups cannot be withheld',
    meaning:
      'The credential, or the question itself, wants groups of fewer than k persons withheld, and of this answer it cannot be told how many persons are in a group, or it shows values of single persons.',
    next: 'Ask for counts, sums, means or middle quantiles of a metric that counts its persons (a distinct measure of subject, or a set with subject).',
  },
  id_invalid: {
    status: 422,
    title: 'Event id not valid',
    meaning: 'The id is not a text of 1 to 128 characters.',
    next: 'Give each event an id of its own of 1 to 128 characters.',
  },
  id_missing: {
    status: 422,
    title: 'Event without id',
    meaning: 'The event carries no id, so a resent copy could not be told from a new event.',
    next: 'Give each event an id of its own.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'Idempotency-Key not valid',
    meaning: 'The header Idempotency-Key is not 1 to 64 printable ASCII characters, or holds a space, a quote or a backslash.',
    next: 'Send a key such as a UUID, a new one for each new request, the same one when a request is sent again.',
  },
  internal: {
    status: 500,
    title: 'Internal fault',
    meaning: 'Something failed that should not have; the log has it under the request id.',
    next: 'Send the request again; if it fails again, report the request id.',
  },
  issuer_taken: {
    status: 409,
    title: 'Issuer taken',
    meaning:
      'Another tenant, or another entry of this one, takes tokens of this issuer for one of these audiences, and no claim tells them apart.',
    next: 'Use an audience of your own, or a tenant_claim with a value of your own in both.',
  },
  issuer_unreachable: {
    status: 503,
    title: 'Issuer not reachable',
    meaning: 'The token names an issuer whose keys are not known here: it has not answered yet, or not for a day.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  job_failed: {
    status: 500,
    title: 'Job failed',
    meaning: 'Three attempts at the work of a job failed, or ended with their process; the log has each under the id of the job.',
    next: 'Ask for the job again; if it fails again, report its id.',
  },
  job_without_result: {
    status: 409,
    title: 'Job without result',
    meaning: 'The job is not completed: it waits, runs, was cancelled, or failed.',
    next: 'Ask GET /v1/jobs/{id} for its state, and for the result once it is completed.',
  },
  key_not_active: {
    status: 409,
    title: 'Key not active',
    meaning: 'The API key is revoked or expired, and no new secret can be made for it.',
    next: 'Make a new key.',
  },
  key_rotated_too_often: {
    status: 409,
    title: 'Too many secrets at once',
    meaning: 'Ten earlier secrets of the key are still taken.',
    next: 'Wait until one of them ends, or rotate with overlap_s 0, which ends them all now.',
  },
  lane_unknown: {
    status: 400,
    title: 'Lane not known',
    meaning: 'The header X-Tidegate-Lane names something other than backfill.',
    next: 'Send backfill, or leave the header out: then each event’s age decides.',
  },
  limits_invalid: {
    status: 422,
    title: 'Limits not valid',
    meaning: 'The limits do not follow their schema, contradict themselves, or reach beyond who sets them.',
    next: 'Correct the places named in errors.',
  },
  limits_unavailable: {
    status: 503,
    title: 'Limit cannot be counted',
    meaning: 'Redis cannot be asked, and the limit of this class is set to refuse rather than to pass uncounted.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  metric_in_making: {
    status: 409,
    title: 'Metric is being made',
    meaning: 'The metric is new, and what came before it is still being folded from the raw events.',
    next: 'Ask again later; GET /v1/status says how far it is.',
  },
  origin_refused: {
    status: 403,
    title: 'Page not allowed',
    meaning: 'A page asked whether it may send a request, and no tenant lets pages of its origin read answers.',
    next: 'Add the origin of the page (scheme, host and port) to the list of the tenant: POST /v1/admin/origins.',
  },
  pack_has_no_version_before: {
    status: 409,
    title: 'No version before',
    meaning: 'The pack was never anything else than it is now.',
    next: 'Nothing to do: there is nothing to go back to.',
  },
  live_connections_exceeded: {
    status: 429,
    title: 'Too many open answers',
    meaning: 'The key, the user or the tenant has as many live answers open at this gateway as it may have at once.',
    next: 'Close one that is no longer read, or share one between readers.',
  },
  log_behind: {
    status: 503,
    title: 'Counting is far behind',
    meaning: 'The oldest event that is not counted yet is older than half of the log retention; taking more could lose it.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  log_growing: {
    status: 503,
    title: 'The log gets more partitions',
    meaning: 'The partitions of the log are being made more; nothing of the request was taken.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  log_unavailable: {
    status: 503,
    title: 'The log takes nothing at the moment',
    meaning: 'The brokers have not acknowledged an append for some seconds; nothing of the request was taken.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  measure_unknown: {
    status: 422,
    title: 'Measure not declared',
    meaning: 'The metric does not declare a measure that the question names.',
    next: 'Ask GET /v1/metrics/{metric} for the measures; quantiles are asked as name.p95.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not for this method.',
    next: 'Use one of the methods in the Allow header.',
  },
  metric_unknown: {
    status: 422,
    title: 'Metric not declared',
    meaning: 'No pack of the tenant declares the metric.',
    next: 'Ask GET /v1/metrics for the metrics of the tenant, or apply a pack that declares it.',
  },
  not_an_event: {
    status: 400,
    title: 'No event found',
    meaning: 'The body holds nothing that can be read as an event.',
    next: 'Send one event, an array of events, or {"events": [...]}.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning: 'There is nothing under this path, or nothing of this name that the caller may see.',
    next: 'Check the path against /openapi.json.',
  },
  not_ready: {
    status: 503,
    title: 'Not ready',
    meaning: 'The service has not read its definitions to their end yet, or is stopping.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  not_stored_together: {
    status: 422,
    title: 'Combination not stored',
    meaning: 'No stored set of the metric holds all dimensions that group_by, where and subject name.',
    next: 'Ask for fewer dimensions at once, or declare a set with them in the pack.',
  },
  number_out_of_range: {
    status: 422,
    title: 'Number cannot be held exactly',
    meaning: 'A number is too large or has too many digits to be held exactly.',
    next: 'Send numbers of at most 38 significant digits and an exponent that fits.',
  },
  occurred_at_in_future: {
    status: 422,
    title: 'Event lies in the future',
    meaning: 'occurred_at is further ahead of the server than EVENT_AHEAD_MAX_S allows: 5 minutes, or less.',
    next: 'Set the clock of the sender, or send the event when it has happened.',
  },
  occurred_at_invalid: {
    status: 422,
    title: 'Time not valid',
    meaning: 'occurred_at is neither an RFC 3339 instant nor epoch milliseconds.',
    next: 'Send an instant such as 2026-11-21T09:00:00.000Z.',
  },
  overloaded: {
    status: 503,
    title: 'Too much in flight',
    meaning:
      'As much waits here as may wait: events on their way into the log, passwords to be checked, answers to be made, or requests to be sent on.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  pack_invalid: {
    status: 422,
    title: 'Pack not valid',
    meaning: 'The pack does not follow the schema, or contradicts itself.',
    next: 'Correct the places named in errors.',
  },
  password_weak: {
    status: 422,
    title: 'Password not taken',
    meaning: 'The password breaks rules for passwords; errors lists them, and never the password.',
    next: 'Choose a password that keeps the rules that errors lists.',
  },
  path_invalid: {
    status: 400,
    title: 'Path not valid',
    meaning: 'The path holds empty or dot segments, encoded separators or characters that a URL may not hold.',
    next: 'Send the path in its plain form.',
  },
  personal_data: {
    status: 422,
    title: 'Personal data in the clear',
    meaning: 'A text that would be kept as it was sent looks like an e-mail address, a telephone number or the number of a payment card.',
    next: 'Name the person as subject, leave the text out, or have the pack declare the field as sensitive.',
  },
  question_invalid: {
    status: 422,
    title: 'Question not valid',
    meaning: 'The question does not follow its schema, or contradicts itself.',
    next: 'Correct the members named in errors.',
  },
  question_too_slow: {
    status: 503,
    title: 'Question too slow',
    meaning: 'The database did not read the cells of the question within the time that one reading may take.',
    next: 'Ask for a shorter range, a coarser grain or fewer groups, or send the request again after the seconds in Retry-After.',
  },
  quota_exceeded: {
    status: 429,
    title: 'Limit reached',
    meaning: 'The caller has used up what its limit allows for now; nothing of this request was counted against it.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  range_too_large: {
    status: 422,
    title: 'Range too large',
    meaning: 'The range holds more buckets or more cells than one answer may be made of.',
    next: 'Ask for a coarser grain, a shorter range or fewer groups.',
  },
  receipt_invalid: {
    status: 422,
    title: 'Receipt not valid',
    meaning: 'The receipt was not made by this installation for this tenant, or was changed.',
    next: 'Send the receipt exactly as the ingest answer gave it.',
  },
  replay_differs: {
    status: 409,
    title: 'Not the event of the rejected row',
    meaning: 'The event has another id than the rejected original, or another event was sent in place of this row already.',
    next: 'Keep the id of the original; an event that is another one is sent to POST /v1/events.',
  },
  replay_needs_event: {
    status: 409,
    title: 'Original cannot be sent again',
    meaning: 'The original is not kept whole, or is a record of the log and not an event as it was sent.',
    next: 'Send the corrected event as the body of the replay.',
  },
  request_invalid: {
    status: 422,
    title: 'Request not valid',
    meaning: 'The body can be read but does not say what the route needs.',
    next: 'Correct the places named in errors.',
  },
  request_timeout: {
    status: 408,
    title: 'Request not finished in time',
    meaning: 'The body of the request stopped coming before its end; what was whole of it may have been taken.',
    next: 'Send the request again, on a connection that is not cut; resending events is safe.',
  },
  role_unfit: {
    status: 422,
    title: 'Role does not fit',
    meaning: 'The role shows rows of one person, and the user has no subject.',
    next: 'Make the user with a subject, or give another role; GET /v1/admin/roles lists them.',
  },
  row_conflict: {
    status: 409,
    title: 'Stands otherwise',
    meaning: 'What is to be changed is in a state in which it cannot be changed so.',
    next: 'Read it as it is now, then decide again.',
  },
  row_refused: {
    status: 403,
    title: 'Not yours to see',
    meaning: 'The question asks for rows of another person, or of values that the credential does not show.',
    next: 'Ask for your own rows, or with a credential that has the scope events:read.',
  },
  scope_missing: {
    status: 403,
    title: 'Scope missing',
    meaning: 'The API key is valid but has not the scope that the route needs.',
    next: 'Use a key that has the scope.',
  },
  session_ended: {
    status: 401,
    title: 'Session ended',
    meaning: 'The refresh token was used before: somebody may have a copy of it, so all that came of that sign-in has ended.',
    next: 'Sign in again; where this happens without your doing, ask for a new password.',
  },
  source_invalid: {
    status: 422,
    title: 'Source not valid',
    meaning: 'The source is not a text of at most 256 characters, or is the reserved urn:tidegate:no-source.',
    next: 'Leave the source out or give it another name.',
  },
  subject_invalid: {
    status: 422,
    title: 'Subject not valid',
    meaning: 'The subject is not a text of 1 to 256 characters.',
    next: 'Send the plain id of the person or thing that the event is about.',
  },
  subject_missing: {
    status: 422,
    title: 'Subject missing',
    meaning: 'The event type requires a subject.',
    next: 'Send the subject.',
  },
  subject_not_own: {
    status: 403,
    title: 'Subject is somebody else',
    meaning: "A person's token names another person as the event's subject.",
    next: 'Leave the subject out, or send with the scope ingest:write_any.',
  },
  subject_refused: {
    status: 422,
    title: 'Subject not allowed',
    meaning: 'The event type is declared without a subject.',
    next: 'Leave the subject out.',
  },
  time_invalid: {
    status: 422,
    title: 'Time not valid',
    meaning: 'A time of the question does not exist, or the range ends before it begins.',
    next: 'Send dates such as 2026-11-01, local times or instants, with to after from.',
  },
  too_large: {
    status: 413,
    title: 'Event over the limit',
    meaning: 'One event is longer than an event may be (256 KB unless set otherwise).',
    next: 'Send less in one event.',
  },
  segment_unmapped: {
    status: 422,
    title: 'Segment message not mapped',
    meaning: 'No pack of the tenant maps this call, or an event of this name, to an event type.',
    next: 'Add the call or the name to the `segment:` section of a pack, or send native events.',
  },
  type_unknown: {
    status: 422,
    title: 'Event type not declared',
    meaning: 'No pack of the tenant declares the event type.',
    next: 'Apply a pack that declares it, or correct the type.',
  },
  unavailable: {
    status: 503,
    title: 'Store not reached',
    meaning: 'The database that the answer needs cannot be reached now; nothing was changed.',
    next: 'Send the request again after the seconds in Retry-After.',
  },
  unsupported_encoding: {
    status: 415,
    title: 'Content encoding not supported',
    meaning: 'The request names a content encoding that is not known here, or several.',
    next: 'Send the body plain, or in one of gzip, deflate, br and zstd.',
  },
  unsupported_format: {
    status: 415,
    title: 'Content type not supported',
    meaning: 'The request names a content type that holds no events, or a charset other than UTF-8.',
    next: 'Send application/json or application/x-ndjson.',
  },
  upstream_timeout: {
    status: 504,
    title: 'Service too slow',
    meaning: 'The service behind the gateway did not begin its answer in time; whether it acted is not known.',
    next: 'Send the request again; resending events is safe.',
  },
  upstream_unreachable: {
    status: 502,
    title: 'Service not reached',
    meaning: 'The service behind the gateway could not be reached or broke off before it answered.',
    next: 'Send the request again; resending events is safe.',
  },
  user_taken: {
    status: 409,
    title: 'Name in use',
    meaning: 'A user of the tenant has this user name or e-mail address.',
    next: 'Choose another name, or change the user who has it.',
  },
  view_failed: {
    status: 500,
    title: 'View cannot be worked out',
    meaning: 'An expression of the view cannot be evaluated with the values of this answer.',
    next: 'Ask for another range, or correct the expression of the pack that errors names.',
  },
  view_too_large: {
    status: 422,
    title: 'View does too much',
    meaning: 'The expressions of the view would do more with these rows than one answer may cost.',
    next: 'Ask for a shorter range or fewer rows.',
  },
  where_type_mismatch: {
    status: 422,
    title: 'Filter of the wrong type',
    meaning: 'A condition compares a dimension with a value of another type, or by an operator the type does not have.',
    next: 'Send texts for text dimensions, numbers for number dimensions, true or false for boolean ones.',
  },
  zone_unknown: {
    status: 422,
    title: 'Time zone unknown',
    meaning: 'The zone is not the name of an IANA time zone.',
    next: 'Send a name such as Europe/Oslo, or UTC.',
  },
} as const satisfies Record<string, FaultEntry>;

export type FaultCode = keyof typeof FAULTS;

/** Codes of single members of a request (`errors[].code`), where the whole has a code of its own. In alphabetical order. */
export const MEMBER_FAULTS = {
  invalid_value: 'The value is not one of those that the member takes.',
  not_allowed_here: 'The member contradicts another one, or does not belong to this kind of question.',
  password_too_long: 'The password has more than 72 bytes in UTF-8.',
  password_too_short: 'The password has fewer than 8 characters.',
  password_with_nul: 'The password holds U+0000.',
  password_without_digit: 'The password has no digit.',
  password_without_special: 'The password has no character that is neither letter nor digit.',
  password_without_upper_case: 'The password has no upper case letter.',
  unknown_member: 'The object holds a member that it does not have.',
  wrong_type: 'The value is of another JSON type, or the member is missing.',
} as const satisfies Record<string, string>;
