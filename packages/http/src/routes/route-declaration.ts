import type { FaultCode } from '@tidegate/core';
import type { z } from 'zod';
import type { Scope } from '../admin-schemas.ts';

export type Upstream = 'ingest' | 'query';
export type LimitClass = 'ingest' | 'api_key' | 'login';

export interface RouteBody {
  readonly contentTypes: readonly string[];
  readonly schema: z.ZodType;
  /** Bodies of other content types. */
  readonly others?: Readonly<Record<string, z.ZodType>>;
  /** No body at all is the same as an empty object. */
  readonly isOptional?: boolean;
}

/** What a route does to what, for the audit. */
export interface Access {
  readonly resource: string;
  readonly action: 'create' | 'read' | 'update' | 'delete';
  /** Which `{name}` of the path is the id of the resource; never one that names a person. */
  readonly id?: string;
  /** `always`: its answers hold data of persons; `told`: where the service says so, by `SUBJECT_HEADER`. */
  readonly person?: 'always' | 'told';
}

/** One route of the public API: what the gateway checks, where it leads, and what the API document says of it. */
export interface RouteDeclaration {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly summary: string;
  /** Which service answers; `gateway` itself for administration and health. */
  readonly answers: Upstream | 'gateway';
  /** Null: nobody needs to say who they are. */
  readonly scope: Scope | null;
  /** Null: never limited. */
  readonly limitClass: LimitClass | null;
  /**
   * How it stands to callers who may not see all rows: `confined`: its answers, or the events that it takes, are held to what
   * the caller may see; `none`: no row of anybody is in them. Absent: such callers are refused, so a new route shows nothing.
   */
  readonly rows?: 'confined' | 'none';
  /** Groups of few persons are withheld from who may not see them, or nobody is in its answers. Absent: such callers are refused. */
  readonly withholdsSmallGroups?: true;
  /**
   * Its answer goes on for as long as the reader stays: Server-Sent Events, or a WebSocket where the client asks for one. Each is
   * counted as a connection too, and ends where nothing is said for a while.
   */
  readonly isLive?: true;
  /** What it accesses, for the audit, where that is not what method and path say. */
  readonly accesses?: Partial<Access>;
  /** Of the `{name}` segments; a path that does not fit names nothing and is 404. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: RouteBody;
  /** By status; null: no body. */
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema: z.ZodType | null; readonly contentTypes?: readonly string[] }>
  >;
  /** Codes of problems beyond those that every route may answer. */
  readonly faults: readonly FaultCode[];
}

/** Of a GET route whose JSON answers callers may keep and ask for again (`If-None-Match`); others never answer 304. */
export const UNCHANGED = { 304: { description: 'What `If-None-Match` names is what would be sent now.', schema: null } } as const;

/** The same of answers, whose bodies say nothing of now. */
export const SAME_ANSWER = {
  304: {
    description: 'The answer that `If-None-Match` names is what would be sent now. `Tidegate-Meta` says how fresh it is.',
    schema: null,
  },
} as const;

/** Content types of a body that is JSON and nothing else. */
export const JSON_ONLY = ['application/json'] as const;

/** Of a route whose answers are held to rows and to groups alike. */
export const OF_GROUPS = { rows: 'confined', withholdsSmallGroups: true } as const;
