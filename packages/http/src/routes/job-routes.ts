import * as jobs from '../job-schemas.ts';
import type { RouteDeclaration } from './route-declaration.ts';
import { UNCHANGED } from './route-declaration.ts';

/** Work that goes on after its request was answered. */
export const JOB_ROUTES = {
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    summary: 'Background jobs, newest first',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: jobs.JOBS_QUERY,
    responses: { ...UNCHANGED, 200: { description: 'Those of the key; with tenant:admin all of the tenant.', schema: jobs.JOBS_SCHEMA } },
    faults: ['cursor_invalid', 'request_invalid', 'unavailable'],
  },
  readJob: {
    method: 'GET',
    path: '/v1/jobs/{job}',
    summary: 'State of a job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { ...UNCHANGED, 200: { description: 'The job.', schema: jobs.JOB_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  cancelJob: {
    method: 'DELETE',
    path: '/v1/jobs/{job}',
    summary: 'Cancel a job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { 200: { description: 'The job; one that is finished stays as it is. What was done stays done.', schema: jobs.JOB_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readJobResult: {
    method: 'GET',
    path: '/v1/jobs/{job}/result',
    summary: 'Result of a completed job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { 200: { description: 'The result.', schema: jobs.JOB_RESULT_SCHEMA } },
    faults: ['job_without_result', 'not_found', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
