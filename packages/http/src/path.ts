export type PathReading =
  | {
      readonly ok: true;
      /** What is routed on, and what is forwarded. */
      readonly path: string;
      /** With its question mark, or empty. */
      readonly search: string;
    }
  | { readonly ok: false };

const URL_BYTES_MAX = 8_192;
/** Encoded slashes, backslashes, dots, percent signs and control characters: two programs could read them in two ways. */
const AMBIGUOUS = /%(?:2[ef5]|5c|0[0-9a-f]|1[0-9a-f]|7f)|\\/i;
const EMPTY_OR_DOTS = /\/(?:\/|\.{1,2}(?:\/|$))/;
const SEGMENTS_OWN = /^\/v1\/(track|identify|page|screen|group|alias|batch)$/;
const EVENTS_OWN = /^\/api\/analytics\/events\/(stats|recent)$/;
/** RFC 3986 path characters. */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/**
 * The one path of a request target, or nothing where two readers could disagree about it: a check on one reading and a
 * forward of another is how gateways are walked around. `/api/v1/…` is the same as `/v1/…`, a slash at the end says nothing, and the paths that Segment's clients
 * know are those under `/v1/segment/`. What applications of the pack studyin know as `/api/analytics/events/{stats,recent}` is no domain's: it is `/v1/events/…`.
 */
export function normalisePath(target: string): PathReading {
  if (target.length > URL_BYTES_MAX) return { ok: false };
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  if (!PATH.test(raw) || AMBIGUOUS.test(raw) || EMPTY_OR_DOTS.test(raw) || !isUtf8(raw)) return { ok: false };
  return { ok: true, path: usualPath(raw), search: mark < 0 ? '' : target.slice(mark) };
}

function usualPath(raw: string): string {
  const path = raw.length > 1 && raw.endsWith('/') ? raw.slice(0, -1) : raw;
  return (path.startsWith('/api/v1/') ? path.slice('/api'.length) : path)
    .replace(SEGMENTS_OWN, '/v1/segment/$1')
    .replace(EVENTS_OWN, '/v1/events/$1');
}

/** Whether the percent-encoded bytes are UTF-8: what is not, one reader refuses and another guesses at. */
function isUtf8(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
