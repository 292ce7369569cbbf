import { FAULTS, MEMBER_FAULTS } from '@tidegate/core';
import { page, table } from './markdown.ts';

/** `docs/reference/errors.md`: every code, what happened and what the caller does about it. */
export function errorsPage(): string {
  const entries = Object.entries(FAULTS).toSorted(([one], [other]) => one.localeCompare(other));
  const overview = table(
    ['code', 'status', 'title'],
    entries.map(([code, fault]) => [`[\`${code}\`](#${code})`, String(fault.status), fault.title]),
  );
  const sections = entries.map(([code, fault]) =>
    [
      `## ${code}`,
      `**${fault.title}** · HTTP status ${fault.status} · \`/problems/${code.replaceAll('_', '-')}\``,
      fault.meaning,
      `*What to do:* ${fault.next}`,
    ].join('\n\n'),
  );
  const members = table(
    ['code', 'meaning'],
    Object.entries(MEMBER_FAULTS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  );
  return page(
    'Errors',
    'Errors are `application/problem+json` (RFC 9457). `code` is the word to act on; `type`, `title` and `detail` are for people. No value that a caller sent is ever repeated. For one event of a request the same codes stand in `rejected[].code`, and the status is the one that a request with only that event would get.',
    overview,
    ...sections,
    '## Codes of single members',
    'In `errors[].code` of a problem, for one member of the request; event codes stand there too.',
    members,
  );
}
