/**
 * Who may see one person's rows alone is read for as that person: Postgres then gives nobody else's, whatever a statement asks for
 * (docs/design/row-policies.md). The third of three layers: the gateway refuses the route, the steps confine the question.
 */
import type { RowScope } from '@tidegate/core';
import { listRoutes, visibleRows } from '@tidegate/http';
import type { Handler } from '@tidegate/http';
import { asEverybody, asPerson } from '@tidegate/postgres';
import type { Ask } from './ask.ts';
import type { ReadRecent, RecentEvents } from './recent/recent-events.ts';
import type { RunView } from './views/run-view.ts';

type PseudonymOf = (tenant: string, id: string) => string;
type Handlers<N extends string> = Readonly<Record<N, Handler>>;

interface Seeing {
  readonly tenant: string;
  readonly rows: RowScope | null;
}

/** Says so of both: a flight, or a loop that was begun for somebody else, is not the one who asks. */
function holdTo<T>(pseudonymOf: PseudonymOf, { tenant, rows }: Seeing, work: () => T): T {
  const subject = rows?.subject ?? null;
  return subject === null ? asEverybody(work) : asPerson({ tenant, subject: pseudonymOf(tenant, subject) }, work);
}

export function holdAsk(ask: Ask, pseudonymOf: PseudonymOf): Ask {
  return async (value, asker) => holdTo(pseudonymOf, asker, async () => ask(value, asker));
}

export function holdView(runView: RunView, pseudonymOf: PseudonymOf): RunView {
  return async (asked) => holdTo(pseudonymOf, asked.asker, async () => runView(asked));
}

export function holdRecent(readRecent: ReadRecent): ReadRecent {
  return async (ask) => {
    const read = async (): Promise<RecentEvents> => readRecent(ask);
    return ask.subject === null ? asEverybody(read) : asPerson({ tenant: ask.tenant, subject: ask.subject }, read);
  };
}

/** Of the routes that show rows; in the others there is none of anybody. */
export function holdHandlers<N extends string>(handlers: Handlers<N>, pseudonymOf: PseudonymOf): Handlers<N> {
  const confined = new Set<string>(listRoutes().flatMap(({ name, rows }) => (rows === 'confined' ? [name] : [])));
  const held = Object.entries<Handler>(handlers).map(([name, handle]): [string, Handler] => [
    name,
    confined.has(name) ? holdHandler(handle, pseudonymOf) : handle,
  ]);
  return Object.fromEntries(held) as Handlers<N>;
}

function holdHandler(handle: Handler, pseudonymOf: PseudonymOf): Handler {
  return (exchange) => {
    const { caller } = exchange;
    return holdTo(pseudonymOf, { tenant: caller.tenant, rows: visibleRows(caller) }, () => handle(exchange));
  };
}
