/** Exports of all that is held about a person: made at once, or by a job and fetched by a link (docs/design/person-exports.md). */
import { toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { EXPORT_ASK_SCHEMA, invalidRequest, readJsonBody, refuseUnread, sendJson, SUBJECT_HEADER } from '@tidegate/http';
import type { ErasureStore, EventsFault, ExportStore, JobInfo, JobQueue, JobReader, PersonExport } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { ARCHIVE_FAULTS } from '../archive-fault.ts';
import { openText, sealText } from '../sealed-text.ts';
import { EXPORT_JOB, exportParams } from './export-job.ts';
import type { ExportFormat, MakeExport } from './make-export.ts';
import { EXPORT_TYPES } from './make-export.ts';

/** What exports alone need. */
export interface Exporting {
  readonly exports: ExportStore;
  readonly makeExport: MakeExport;
  readonly exportQueue: Pick<JobQueue, 'submit'>;
  readonly exportSealers: ExportSealers;
  /** Longer than this, or larger, it becomes a job. */
  readonly exportWithinMs: number;
  readonly exportBytesMax: number;
}

export interface ExportRoutesDeps extends Exporting {
  readonly jobs: Pick<JobReader, 'find'>;
  readonly erasures: Pick<ErasureStore, 'isErased'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
}

export interface ExportSealers {
  /** Of the parameters of jobs; repeatable. */
  readonly params: Sealer;
  readonly link: Sealer;
  readonly part: Sealer;
}

type Answering = (exchange: Exchange) => Promise<void>;
export type ExportHandlers = Readonly<
  Record<'exportOwn' | 'exportOwnByPost' | 'exportPerson' | 'readOwnExport' | 'readExport' | 'downloadExport', Answering>
>;

const BODY_BYTES_MAX = 16_384;
const LINK_MS = 86_400_000;
const LINK_SCHEMA = z.tuple([z.string(), z.string(), z.number()]);
/** At once in one process; who comes then has a job. */
const MAKING_MAX = 2;

export function createExportHandlers(deps: ExportRoutesDeps): ExportHandlers {
  const atOnce = createAtOnce(deps);
  const exportOwn: Answering = async (exchange) => {
    const plain = ownSubject(exchange);
    return plain === null
      ? refuseUnread(exchange, { code: 'row_refused' })
      : answer(deps, exchange, { plain, atOnce, at: '/v1/gdpr/exports' });
  };
  return {
    exportOwn,
    exportOwnByPost: exportOwn,
    async exportPerson(exchange) {
      const read = await readJsonBody(exchange.request, BODY_BYTES_MAX);
      if (!read.ok) return refuseUnread(exchange, read.fault);
      const asked = EXPORT_ASK_SCHEMA.safeParse(read.value);
      if (!asked.success) return refuseUnread(exchange, invalidRequest(asked.error));
      return answer(deps, exchange, { plain: asked.data.subject, atOnce, at: '/v1/privacy/exports' });
    },
    async readOwnExport(exchange) {
      const plain = ownSubject(exchange);
      return plain === null
        ? refuseUnread(exchange, { code: 'not_found' })
        : show(deps, exchange, deps.pseudonymOf(exchange.caller.tenant, plain));
    },
    readExport: (exchange) => show(deps, exchange, null),
    downloadExport: (exchange) => download(deps, exchange),
  };
}

/** The person whom the credential stands for; a token that was made to show some rows stands for nobody. */
function ownSubject({ caller }: Exchange): string | null {
  return caller.rows === undefined ? (caller.subject ?? null) : null;
}

interface Asked {
  readonly plain: string;
  readonly at: string;
  readonly atOnce: AtOnce;
}

async function answer(deps: ExportRoutesDeps, exchange: Exchange, { plain, at, atOnce }: Asked): Promise<void> {
  const { tenant, keyId: owner } = exchange.caller;
  const subject = deps.pseudonymOf(tenant, plain);
  if (await deps.erasures.isErased({ tenant, subject })) return refuseUnread(exchange, { code: 'not_found' });
  const format: ExportFormat = exchange.request.headers.accept?.includes(EXPORT_TYPES.zip) === true ? 'zip' : 'json';
  const exportId = uuidv7();
  const made = await atOnce({ exportId, tenant, plain, subject, format, signal: exchange.signal });
  if (!made.ok && made.fault !== 'late') return refuseUnread(exchange, { code: ARCHIVE_FAULTS[made.fault] });
  if (made.ok) return send(exchange, { exportId, format, subject, body: made.value });
  const params = exportParams(deps.exportSealers.params, { tenant, plain, format });
  const { job } = await deps.exportQueue.submit({ tenant, owner, kind: EXPORT_JOB, params });
  await deps.exports.ask({ exportId: job.id, tenant, subject, format });
  const location = `${at}/${job.id}`;
  sendJson(exchange, view(deps, { job, kept: null }, location), {
    status: 202,
    headers: { location, ...NO_STORE, [SUBJECT_HEADER]: subject },
  });
}

const NO_STORE = { 'cache-control': 'no-store' } as const;

interface Sent {
  readonly exportId: string;
  readonly format: ExportFormat;
  readonly subject: string;
  readonly body: Buffer;
}

function send({ response, context }: Exchange, { exportId, format, subject, body }: Sent): void {
  response.writeHead(200, {
    ...headersOf(exportId, format),
    ...{ 'content-length': body.length, 'x-request-id': context.requestId, [SUBJECT_HEADER]: subject },
  });
  response.end(body);
}

function headersOf(exportId: string, format: ExportFormat): Readonly<Record<string, string>> {
  return {
    ...{
      'content-type': EXPORT_TYPES[format],
      'content-disposition': `attachment; filename="export-${exportId}.${format}"`,
      vary: 'accept',
    },
    ...NO_STORE,
  };
}

type AtOnce = (
  asked: Parameters<MakeExport>[0],
) => Promise<
  { readonly ok: true; readonly value: Buffer } | { readonly ok: false; readonly fault: Exclude<EventsFault, 'too_much'> | 'late' }
>;

const LATE = { ok: false, fault: 'late' } as const;

/** `late`: it is larger than an answer may be, takes longer, or too many are being made. */
function createAtOnce({ makeExport, nowMs, exportWithinMs, exportBytesMax }: ExportRoutesDeps): AtOnce {
  let making = 0;
  async function collect(pieces: AsyncIterable<Uint8Array>, endMs: number): Promise<Buffer | 'late'> {
    const held: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
      held.push(piece);
      bytes += piece.length;
      if (bytes > exportBytesMax || nowMs() > endMs) return 'late';
    }
    return Buffer.concat(held);
  }
  return async function atOnce(asked) {
    if (making >= MAKING_MAX) return LATE;
    making += 1;
    try {
      const endMs = nowMs() + exportWithinMs;
      const made = await makeExport(asked, (pieces) => collect(pieces, endMs));
      if (made.ok) return made.value === 'late' ? LATE : { ok: true, value: made.value };
      return made.fault === 'too_much' ? LATE : { ok: false, fault: made.fault };
    } finally {
      making -= 1;
    }
  };
}

/** `subject`: pseudonym of the only one who may see it here; null: whoever may export anybody. */
async function show(deps: ExportRoutesDeps, exchange: Exchange, subject: string | null): Promise<void> {
  const { caller, params } = exchange;
  const id = params['id'] ?? '';
  const [kept, job] = await Promise.all([deps.exports.find(caller.tenant, id), deps.jobs.find(caller.tenant, id)]);
  if (kept === null || job === null || (subject !== null && kept.subject !== subject)) return refuseUnread(exchange, { code: 'not_found' });
  const at = `${subject === null ? '/v1/privacy/exports' : '/v1/gdpr/exports'}/${id}`;
  sendJson(exchange, view(deps, { job, kept }, at), { headers: { ...NO_STORE, [SUBJECT_HEADER]: kept.subject } });
}

interface Shown {
  readonly job: JobInfo;
  readonly kept: PersonExport | null;
}

/** The link of one that is made: whoever has it needs nothing else. */
function view({ exportSealers, nowMs }: ExportRoutesDeps, { job, kept }: Shown, pollUrl: string): Readonly<Record<string, unknown>> {
  const isMade = job.state === 'completed' && kept !== null && kept.bytes !== null;
  const endsMs = Math.min(kept?.expiresMs ?? 0, nowMs() + LINK_MS);
  const link = sealText(exportSealers.link, [job.tenant, job.id, endsMs]);
  return {
    ...{ export_id: job.id, status: job.state, requested_at: toIsoUtc(job.submittedAtMs), error_code: job.errorCode, poll_url: pollUrl },
    bytes: isMade ? kept.bytes : null,
    url: isMade ? `/v1/gdpr/downloads/${link}` : null,
    expires_at: isMade ? toIsoUtc(endsMs) : null,
  };
}

/** Null: it is no link of ours, or over, or what it named is gone. */
async function findByLink({ exports, exportSealers, nowMs }: ExportRoutesDeps, text: string): Promise<PersonExport | null> {
  const link = LINK_SCHEMA.safeParse(openText(exportSealers.link, text));
  if (!link.success || link.data[2] <= nowMs()) return null;
  const [tenant, exportId] = link.data;
  const kept = await exports.find(tenant, exportId);
  return kept === null || kept.bytes === null ? null : kept;
}

/** Part by part, as fast as it is read. */
async function download(deps: ExportRoutesDeps, exchange: Exchange): Promise<void> {
  const kept = await findByLink(deps, exchange.params['link'] ?? '');
  if (kept === null) return refuseUnread(exchange, { code: 'not_found' });
  const { response, signal, context } = exchange;
  const { exportId } = kept;
  let left = kept.bytes ?? 0;
  const headers = headersOf(exportId, kept.format === 'zip' ? 'zip' : 'json');
  response.writeHead(200, { ...headers, 'content-length': left, 'x-request-id': context.requestId });
  for (let part = 0; left > 0 && !signal.aborted; part += 1) {
    const sealed = await deps.exports.readPart(exportId, part);
    const bytes = sealed === null ? null : deps.exportSealers.part.open(sealed);
    // The person was erased meanwhile: what is missing of the length says that it is not whole.
    if (bytes === null) return void response.destroy();
    left -= bytes.length;
    if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
