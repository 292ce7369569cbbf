import { toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { sendJson } from '@tidegate/http';
import type { JobInfo } from '@tidegate/postgres';

const RETRY_AFTER_S = 1;

/** 202: the answer is being made, and where it will be. */
export function sendJob(exchange: Exchange, { id, submittedAtMs }: JobInfo): void {
  const url = `/v1/jobs/${id}`;
  const body = { status: 'processing', job_id: id, poll_url: url, retry_after_s: RETRY_AFTER_S, submitted_at: toIsoUtc(submittedAtMs) };
  const headers = { location: url, 'retry-after': String(RETRY_AFTER_S), 'cache-control': 'no-store' };
  sendJson(exchange, body, { status: 202, headers });
}
