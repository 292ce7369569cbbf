import type { ServerResponse } from 'node:http';
import type { Access, Caller, RequestContext } from '@tidegate/http';
import { accessOf, isAdministration, OPENED_HEADER, sendProblem, statusOf, SUBJECT_HEADER } from '@tidegate/http';
import type { PackRoute } from '../pack-routes.ts';
import type { Routed } from '../routing.ts';
import type { AuditedAccess, AuditLog } from './audit-log.ts';
import { holdAnswer } from './held-answer.ts';

/** A request whose access is written down when it is known what became of it. */
export interface Audited {
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly routed: Routed;
}

export interface Audit {
  /** Does what is asked for. Where an admin would change something by it, it is written down first that this is about to be. */
  announce(audited: Audited, act: () => Promise<void> | void): Promise<void> | void;
  /** Once for each request to a declared route, before anything else is done. */
  begin(audited: Audited): void;
  /** Who it was, as soon as that is known. */
  identify(response: ServerResponse, caller: Caller): void;
}

const REFUSED = 400;
const ACTIONS: Readonly<Record<string, Access['action']>> = { GET: 'read', PUT: 'update', PATCH: 'update', DELETE: 'delete' };

/** Whose rows they are, the service tells. Nothing of such a path is an id of anything but persons and things of theirs. */
function ofPack({ kind, method }: PackRoute): Access {
  return { resource: `${kind}s`, action: ACTIONS[method] ?? 'create', person: 'told' };
}

/**
 * The one place where accesses are written down, whichever route and whoever answers it. An answer that holds data of persons
 * waits until its record is kept, and does not leave without it (503 `audit_unavailable`); a change by an admin is written down
 * before it is made, and is not made without that; all others are noted when they are over.
 */
export function createAudit(log: Pick<AuditLog, 'note' | 'keep'>): Audit {
  const callers = new WeakMap<ServerResponse, Caller>();
  const known = new WeakMap<Routed['route'], Access | null>();

  function accessBy(routed: Routed): Access | null {
    let access = known.get(routed.route);
    if (access === undefined) {
      access = routed.kind === 'pack' ? ofPack(routed.route) : accessOf(routed.route);
      known.set(routed.route, access);
    }
    return access;
  }

  return {
    begin(audited) {
      const { response, context, routed } = audited;
      const access = accessBy(routed);
      if (access === null) return;
      let isKept = false;
      const recordOf = (status: number, subject: string | null): AuditedAccess =>
        toRecord(audited, { access, status, subject, caller: callers.get(response) });
      response.on('close', () => {
        if (!isKept) log.note(recordOf(statusOf(response), null));
      });
      if (access.person === undefined) return;
      holdAnswer(response, {
        judge: ({ status, headers }) => {
          const subject = takeHeader(headers, SUBJECT_HEADER);
          const opened = takeHeader(headers, OPENED_HEADER);
          if (status >= REFUSED || (subject === null && access.person !== 'always')) return null;
          isKept = true;
          return log.keep({ ...recordOf(status, subject), ...(opened === null ? {} : { opened: opened.split(',') }) });
        },
        refuse: () => sendProblem(response, { code: 'audit_unavailable' }, context),
      });
    },
    announce(audited, act) {
      const { response, context, routed } = audited;
      const access = accessBy(routed);
      if (access === null || routed.kind !== 'engine' || !isAdministration(routed.route)) return act();
      const record = toRecord(audited, { access, status: null, subject: null, caller: callers.get(response) });
      return log.keep(record).then((isKept) => {
        if (!isKept) return sendProblem(response, { code: 'audit_unavailable' }, context);
        return response.closed ? undefined : act();
      });
    },
    identify: (response, caller) => void callers.set(response, caller),
  };
}

/** What a service says to the gateway goes no further. */
function takeHeader(headers: Record<string, unknown>, name: string): string | null {
  const value = headers[name];
  delete headers[name];
  return typeof value === 'string' ? value : null;
}

interface Seen {
  readonly access: Access;
  readonly status: number | null;
  readonly subject: string | null;
  readonly caller: Caller | undefined;
}

function toRecord({ routed, context }: Audited, { access, status, subject, caller }: Seen): AuditedAccess {
  const { method, path } = routed.route;
  const params = routed.kind === 'engine' ? routed.params : {};
  return {
    tenant: caller?.tenant ?? '-',
    actor: caller?.keyId ?? '-',
    role: roleOf(caller),
    action: access.action,
    resource_type: access.resource,
    resource_id: access.id === undefined ? null : (params[access.id] ?? null),
    subject,
    status_code: status,
    route: `${method} ${path}`,
    trace_id: context.traceId,
    request_id: context.requestId,
  };
}

/** What the caller is here: the roles of a user, a key, a token of a key or of an issuer, or nobody. */
function roleOf(caller: Caller | undefined): string {
  if (caller === undefined || caller.keyId === '-') return 'nobody';
  if (caller.token !== undefined) return caller.token.session?.roles.join(' ') ?? 'key_token';
  return caller.subject === undefined ? 'key' : 'issuer_token';
}
