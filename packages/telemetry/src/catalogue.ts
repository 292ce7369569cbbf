/** What a metric is. Labels are bounded: only words that this program itself chooses, never a caller's value. */
export interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit that ends the name. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const JOB_SECONDS = [0.1, 1, 10, 60, 600, 3_600, 36_000] as const;
const COUNTS = [1, 10, 100, 1_000, 10_000, 100_000] as const;

/**
 * Every metric of every service, in alphabetical order; `docs/reference/metrics.md` is generated from this list and
 * `createMetrics` hands out nothing else. Each series also carries the label `service`.
 */
export const METRICS = {
  answers_making: { kind: 'gauge', help: 'Answers that are being made anew, by lane (quick, slow).', labels: ['lane'] },
  answers_refused_total: {
    kind: 'counter',
    help: 'Requests refused because their turn would have come too late, by lane (quick, slow).',
    labels: ['lane'],
  },
  answers_waiting: { kind: 'gauge', help: 'Answers that wait for their turn to be made, by lane (quick, slow).', labels: ['lane'] },
  append_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the append of a batch to the acknowledgement of all in-sync replicas.',
    labels: [],
    buckets: SECONDS,
  },
  append_failures_total: {
    kind: 'counter',
    help: 'Appends that failed, by what is known of the outcome (not_sent, unknown).',
    labels: ['outcome'],
  },
  archive_last_success_seconds: {
    kind: 'gauge',
    help: 'When `tidegate archive run` last came to its end, in seconds since 1970, as the aggregator that holds the maintenance knows it. Absent: never.',
    labels: [],
  },
  audit_accesses_total: { kind: 'counter', help: 'Accesses that have to be audited: kept, dropped, or waiting.', labels: [] },
  audit_chain_lag_records: { kind: 'gauge', help: 'Records of audit.v1 that are not in the chains yet, when last looked at.', labels: [] },
  audit_chained_total: { kind: 'counter', help: 'Records of audit.v1 that this process put into the chains.', labels: [] },
  audit_dropped_total: { kind: 'counter', help: 'Accesses of which no record could be kept.', labels: [] },
  audit_kept_total: { kind: 'counter', help: 'Accesses whose record is in audit.v1.', labels: [] },
  audit_missing_total: {
    kind: 'counter',
    help: 'Records that audit.v1 lacks, though later ones of the same gateway came. Any increase is a fault.',
    labels: [],
  },
  audit_unreadable_total: {
    kind: 'counter',
    help: 'Records of audit.v1 that could not be read; their hashes are in the chain of nobody.',
    labels: [],
  },
  backfill_counted_total: { kind: 'counter', help: 'Of the events counted those of the backfill lane.', labels: [] },
  backfill_lag_records: {
    kind: 'gauge',
    help: 'Records of the partition in the backfill lane that are not counted yet.',
    labels: ['partition'],
  },
  backfill_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest event of the partition in the backfill lane that is not counted yet; 0 when there is none.',
    labels: ['partition'],
  },
  backfill_routed_total: {
    kind: 'counter',
    help: 'Events that ingest put into the backfill lane, by reason (asked, old, share).',
    labels: ['reason'],
  },
  cache_errors: {
    kind: 'counter',
    help: 'Cache operations that failed, ran out of their time budget or met a value that cannot be read.',
    labels: ['class'],
  },
  cache_hit_aim: {
    kind: 'gauge',
    help: 'Share of the look-ups of a class of a pack that should find an answer, as the pack says.',
    labels: ['class'],
  },
  cache_hits: {
    kind: 'counter',
    help: 'Look-ups that found the chunk, kept rows, or the kept answer of a view in the cache.',
    labels: ['class'],
  },
  cache_misses: { kind: 'counter', help: 'Look-ups that did not: chunks read from Postgres, rows made anew.', labels: ['class'] },
  cells_folded_total: {
    kind: 'counter',
    help: 'Changes of cells that flushes counted as `_other`, because the budget of a dimension is spent.',
    labels: [],
  },
  cells_written_total: { kind: 'counter', help: 'Cells written by flushes.', labels: [] },
  complete_through_seconds: {
    kind: 'gauge',
    help: 'Epoch seconds through which every accepted event of the partition’s live lane is counted.',
    labels: ['partition'],
  },
  control_known_through_seconds: {
    kind: 'gauge',
    help: 'Epoch time up to which the service knows what was recorded of packs, keys and partitions; it moves each second.',
    labels: [],
  },
  control_version_lag: { kind: 'gauge', help: 'Control records in Postgres that are not yet in the control topic.', labels: [] },
  db_connection_pool_usage: { kind: 'gauge', help: 'Share of the connection pool in use, 0 to 1.', labels: [] },
  db_connections_active: { kind: 'gauge', help: 'Connections of the pool that run a query.', labels: [] },
  db_query_duration_seconds: {
    kind: 'histogram',
    help: 'Time of a database statement, by its name.',
    labels: ['statement'],
    buckets: SECONDS,
  },
  dedupe_copies_total: { kind: 'counter', help: 'Events dropped as copies of one that is already counted.', labels: [] },
  dedupe_generations_without_filter: {
    kind: 'gauge',
    help: 'Closed generations of the dedup window whose filter does not fit DEDUP_MEMORY_MB: every event is looked up in Postgres for each of them.',
    labels: [],
  },
  dedupe_lookups_total: {
    kind: 'counter',
    help: 'Identities looked up in Postgres because a filter could not rule them out.',
    labels: ['result'],
  },
  dedupe_window_bytes: { kind: 'gauge', help: 'Memory of the dedup window of all owned partitions.', labels: [] },
  dedupe_window_identities: { kind: 'gauge', help: 'Identities in the dedup window of all owned partitions.', labels: [] },
  degraded: { kind: 'gauge', help: '1 while the service works without something it should have, by reason.', labels: ['reason'] },
  dependency_up: { kind: 'gauge', help: '1 while the dependency answers, else 0.', labels: ['dependency'] },
  dimension_budgets_spent: {
    kind: 'gauge',
    help: 'Budgets (tenant, metric, dimension, event day) that this aggregator knows to be spent: further values are counted as `_other`.',
    labels: [],
  },
  drift_cells_repaired_total: { kind: 'counter', help: 'Cells that a recount found wrong and repaired.', labels: [] },
  drift_cells_total: {
    kind: 'counter',
    help: 'Cells that are not what a recount of the raw events gave, by kind (differs, missing, stray, unreadable). Any increase is a fault.',
    labels: ['kind'],
  },
  erasures_total: { kind: 'counter', help: 'Persons of whom nothing is left in a place (events, originals, cache).', labels: ['place'] },
  events_accepted_total: { kind: 'counter', help: 'Events answered accepted.', labels: [] },
  events_counted_total: { kind: 'counter', help: 'Events folded and committed, of both lanes.', labels: [] },
  events_forwarded_total: {
    kind: 'counter',
    help: 'Events that lay in a partition by an earlier count and were sent on to their own.',
    labels: [],
  },
  events_judged_total: {
    kind: 'counter',
    help: 'Events of a declared type that were judged, by its pack and by what was said (taken, refused); those sent again are judged again.',
    labels: ['pack', 'verdict'],
  },
  events_lost_total: {
    kind: 'counter',
    help: 'Accepted events that the log no longer holds, found as a gap before the next offset.',
    labels: ['partition'],
  },
  events_rejected_total: { kind: 'counter', help: 'Events rejected, by code.', labels: ['code'] },
  events_retry_total: { kind: 'counter', help: 'Events whose outcome is unknown or that were not tried.', labels: [] },
  findings_told_total: {
    kind: 'counter',
    help: 'Findings of a pack that began and were told as events, by insight.',
    labels: ['pack', 'insight'],
  },
  flush_cells: { kind: 'histogram', help: 'Cells per flush.', labels: [], buckets: COUNTS },
  flush_duration_seconds: { kind: 'histogram', help: 'Time of a flush transaction.', labels: [], buckets: SECONDS },
  flush_events: { kind: 'histogram', help: 'Events per flush.', labels: [], buckets: COUNTS },
  flush_failures_total: { kind: 'counter', help: 'Flush transactions that failed, by reason (fenced, data, server).', labels: ['reason'] },
  insights_generated_total: { kind: 'counter', help: 'Findings made by the rules of a pack.', labels: ['pack'] },
  job_duration_seconds: {
    kind: 'histogram',
    help: 'Time of one attempt at a background job, by its kind.',
    labels: ['kind'],
    buckets: JOB_SECONDS,
  },
  jobs_oldest_waiting_seconds: {
    kind: 'gauge',
    help: 'How long the oldest job of the kind has waited to begin; 0: none waits.',
    labels: ['kind'],
  },
  jobs_running: { kind: 'gauge', help: 'Jobs of the kind that are being worked on, by any process.', labels: ['kind'] },
  jobs_total: {
    kind: 'counter',
    help: 'Attempts at jobs that ended, by kind and result (completed, failed, retried, stopped).',
    labels: ['kind', 'result'],
  },
  jobs_waiting: { kind: 'gauge', help: 'Jobs of the kind that wait to begin: the depth of the queue.', labels: ['kind'] },
  lag_records: { kind: 'gauge', help: 'Records of the partition’s live lane that are not counted yet.', labels: ['partition'] },
  lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest live event of the partition that is not counted yet; 0 when there is none.',
    labels: ['partition'],
  },
  lateness_seconds: {
    kind: 'histogram',
    help: 'How late events are counted: time from an event to its counting; early ones are 0.',
    labels: [],
    buckets: [1, 5, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800],
  },
  limiter_calls_requests_total: {
    kind: 'counter',
    help: 'Requests that those calls decided: more than one a call where requests over the same levels came together.',
    labels: [],
  },
  limiter_calls_total: { kind: 'counter', help: 'Calls of the bucket script.', labels: [] },
  limiter_debts_repaid_total: {
    kind: 'counter',
    help: 'Tokens that were spent while Redis was away and have been taken from its buckets since.',
    labels: [],
  },
  limiter_decisions_total: {
    kind: 'counter',
    help: 'Decisions of the limiter, by class and result (allowed, denied; denied_deny_cache: an earlier refusal still held; denied_local, local, open, unavailable: Redis was away). Classes of tenants count as `tenant`.',
    labels: ['class', 'result'],
  },
  limiter_duration_seconds: { kind: 'histogram', help: 'Time of one limiter decision.', labels: [], buckets: SECONDS },
  limiter_records_dropped_total: {
    kind: 'counter',
    help: 'First refusals that decisions.v1 does not tell of one by one, because too many waited to be sent; it tells their number.',
    labels: [],
  },
  live_askings_failed_total: {
    kind: 'counter',
    help: 'Times that a question that is watched could not be asked; it is asked again.',
    labels: [],
  },
  live_connections: { kind: 'gauge', help: 'Answers that stay open at the gateway.', labels: [] },
  live_questions: { kind: 'gauge', help: 'Different questions that are watched.', labels: [] },
  maintenance_failures_total: { kind: 'counter', help: 'Turns of the maintenance loop that failed and are done again.', labels: [] },
  materialiser_cells_total: { kind: 'counter', help: 'Cells that the materialiser put into chunks.', labels: [] },
  materialiser_epochs_total: { kind: 'counter', help: 'New cache epochs, by reason (hole, term, start, lost).', labels: ['reason'] },
  materialiser_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the newest announcement that the materialiser has applied, by partition.',
    labels: ['partition'],
  },
  metrics_created_total: { kind: 'counter', help: 'Metric versions made by applying packs.', labels: [] },
  partitions_owned: { kind: 'gauge', help: 'Partitions that this aggregator owns.', labels: [] },
  person_keys_total: {
    kind: 'counter',
    help: 'Keys of persons that were not in memory, by result (found, made, failed: Postgres did not answer, unreadable: FIELD_KEYS lacks the key that wraps it).',
    labels: ['result'],
  },
  proxy_exchanges: { kind: 'gauge', help: 'Requests that are under way to a service, live answers apart.', labels: ['upstream'] },
  proxy_refused_total: {
    kind: 'counter',
    help: 'Requests refused because their turn to be sent on would have come too late.',
    labels: ['upstream'],
  },
  proxy_upstream_failures_total: {
    kind: 'counter',
    help: 'Upstream requests that failed, by upstream and reason (connect, timeout, aborted, broken).',
    labels: ['upstream', 'reason'],
  },
  proxy_waiting: { kind: 'gauge', help: 'Requests that wait for their turn to be sent on to a service.', labels: ['upstream'] },
  rate_limiter_degraded: {
    kind: 'gauge',
    help: '1 while Redis is not asked and limits hold as their policies say for that case.',
    labels: [],
  },
  raw_days: {
    kind: 'gauge',
    help: 'Arrival days of raw events, by state (open, closed), as the process that maintains them sees them.',
    labels: ['state'],
  },
  recount_cells_moved_total: {
    kind: 'counter',
    help: 'Cells that a recount passed over because a later commit had written them.',
    labels: [],
  },
  recount_cells_total: { kind: 'counter', help: 'Cells that were compared with a recount of the raw events.', labels: [] },
  redirects_total: {
    kind: 'counter',
    help: 'Requests that came without TLS to `REDIRECT_PORT`, by status of the answer.',
    labels: ['status'],
  },
  rejected_beyond_quota_total: {
    kind: 'counter',
    help: 'Refused events that a tenant’s quota of the day (REJECTED_MB_PER_DAY) had no room for, by code: counted, and no row kept.',
    labels: ['code'],
  },
  rejected_originals_left_out_total: {
    kind: 'counter',
    help: 'Refused events that were sent to rejected.v1 without their original, for the tenant’s quota of the day was spent.',
    labels: [],
  },
  replica_lag_seconds: {
    kind: 'gauge',
    help: 'How far the replica of Postgres lies behind what is counted, when it was there last.',
    labels: [],
  },
  replica_reads_total: {
    kind: 'counter',
    help: 'Readings that may lie behind, by the server that they went to: primary where the replica lay too far behind or was away.',
    labels: ['server'],
  },
  replica_usable: { kind: 'gauge', help: '1 while the replica of Postgres is there and lies behind by no more than it may.', labels: [] },
  requests_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the first byte of a request to the last of its answer.',
    labels: ['route', 'method'],
    buckets: SECONDS,
  },
  requests_in_progress: { kind: 'gauge', help: 'Requests being answered.', labels: [] },
  requests_total: { kind: 'counter', help: 'Requests, by route template, method and status.', labels: ['route', 'method', 'status'] },
  retention_removed_total: {
    kind: 'counter',
    help: 'What was dropped because its time is over (raw_days, raw_rows, cells, rejected, restated, drift, findings, entity_rows).',
    labels: ['what'],
  },
  retention_waiting: {
    kind: 'gauge',
    help: 'Raw days that are due and wait, by reason: not_archived yet, or in_use by a task or a long read.',
    labels: ['reason'],
  },
  scheduled_export_overdue_seconds: {
    kind: 'gauge',
    help: 'How long the oldest due time of the schedule has waited for its export to a warehouse to be whole; 0: none waits.',
    labels: ['schedule'],
  },
  scheduled_exports_total: { kind: 'counter', help: 'Exports to a warehouse that the process began by a schedule.', labels: ['schedule'] },
  sealed_values_asked_total: {
    kind: 'counter',
    help: 'Sealed values that ingest was asked to open, by result (opened, gone: the key is destroyed, unreadable).',
    labels: ['result'],
  },
  takeovers_total: { kind: 'counter', help: 'Partitions taken over.', labels: [] },
  task_slice_duration_seconds: {
    kind: 'histogram',
    help: 'Time of a slice of an owner’s task, which runs between two flushes.',
    labels: [],
    buckets: SECONDS,
  },
  task_slices_total: { kind: 'counter', help: 'Slices of owners’ tasks, by kind and result (done, failed).', labels: ['kind', 'result'] },
  tls_certificate_expires_seconds: { kind: 'gauge', help: 'Epoch time at which the certificate of the public API runs out.', labels: [] },
  users_total: { kind: 'gauge', help: 'Users of the installation.', labels: [] },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof METRICS;
