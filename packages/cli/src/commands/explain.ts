import { type Command, Option } from 'commander';
import { ApiError, type Client } from '@tidegate/sdk';
import { z } from 'zod';
import { largeScans, planView, PLANS, type RoutePlans } from '../plan-view.ts';
import { EXPLAINED_VIEW, type ExplainedView, type GivenValues, samplePath } from '../sample-params.ts';
import { numberText } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface Flags extends Connection {
  readonly largeRows: number;
  readonly set: readonly string[];
  readonly question?: string;
  readonly json?: true;
}

const LARGE_ROWS = 10_000;

/** By way of the gateway: the statements are those of the service itself, as its role and with its settings. */
export function addExplain(db: Command, terminal: Terminal): void {
  db.command('explain')
    .description('Run the statements of a route with their plans and times; fails where one reads a large table from end to end.')
    .argument(
      '[route]',
      'an address such as "/v1/events/stats", a route as packs list it ("GET /v1/claims/{claim_id}"), or pack/view; default: all views of all packs',
    )
    .addOption(
      new Option('--set <name=value>', 'value of a parameter, in place of a sample; may be given again')
        .default([], 'samples')
        .argParser((pair: string, before: readonly string[]) => [...before, pair]),
    )
    .option('--question <json>', 'of this question (POST /v1/query), in place of a route')
    .addOption(new Option('--large-rows <n>', 'rows from which on a table is large').default(LARGE_ROWS).argParser(Number))
    .option('--json', 'as JSON')
    .action(async (route: string | undefined, _flags: unknown, command: Command) =>
      explain(terminal, route, command.optsWithGlobals<Flags>()),
    );
}

async function explain(
  terminal: Terminal,
  route: string | undefined,
  { largeRows, set, question, json, ...connection }: Flags,
): Promise<void> {
  const client = connect(terminal, connection);
  const given: GivenValues = Object.fromEntries(set.map(readPair));
  const calls = question === undefined ? await callsOf(client, route, given) : [questionCall(question)];
  const explained: RoutePlans[] = [];
  const unasked: string[] = [];
  for (const call of calls) {
    const plans = await plansOf(client, call).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      unasked.push(`${call.name}: ${error.message} (${error.code})`);
      return null;
    });
    if (plans === null) continue;
    explained.push({ route: call.name, plans });
    if (json !== true) terminal.stdout.write(`${planView({ route: call.name, plans })}\n`);
  }
  if (json === true) printJson(terminal, explained);
  judge(explained, { largeRows, unasked });
}

/** What was not asked has not passed. */
function judge(
  explained: readonly RoutePlans[],
  { largeRows, unasked }: { readonly largeRows: number; readonly unasked: readonly string[] },
): void {
  const scans = explained.flatMap((one) =>
    largeScans(one, largeRows).map(
      ({ statement, table, rows }) => `${one.route}: ${statement} reads ${table} from end to end (${numberText(rows)} rows)`,
    ),
  );
  // Refused before anything was read, a route has shown nothing: its parameters do not fit.
  const refused = explained.flatMap(({ route, plans: { status, statements } }) =>
    status >= 400 && statements.length === 0 ? [`${route}: answers ${status} and asks nothing; give its parameters by --set`] : [],
  );
  const faults = [...scans, ...refused, ...unasked];
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'));
}

interface ExplainedCall {
  readonly name: string;
  readonly path: string;
  readonly body?: string;
}

function questionCall(question: string): ExplainedCall {
  return { name: 'POST /v1/query', path: '/v1/query', body: question };
}

async function plansOf(client: Client, { path, body }: ExplainedCall): Promise<z.infer<typeof PLANS>> {
  const headers = { 'tidegate-explain': 'plans', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return PLANS.parse(
    await client.call({ method: body === undefined ? 'GET' : 'POST', path, headers, ...(body === undefined ? {} : { body }) }),
  );
}

async function callsOf(client: Client, route: string | undefined, given: GivenValues): Promise<readonly ExplainedCall[]> {
  if (route !== undefined && /^(?:GET )?\/[^{]*$/.test(route)) return [{ name: route, path: route.replace('GET ', '') }];
  const views = await listViews(client);
  const wanted = route === undefined ? views : views.filter((view) => isNamed(view, route));
  if (wanted.length === 0) throw new CommandFailure(route === undefined ? 'No pack has views.' : `No pack has a view ${route}.`);
  return wanted.map((view) => ({ name: view.route ?? `GET ${view.path}`, path: samplePath(view, { given, nowMs: Date.now() }) }));
}

function isNamed({ path, route }: ExplainedView, name: string): boolean {
  return path === `/v1/views/${name}` || route === name || route === `GET ${name}`;
}

const PACKS = z.looseObject({ packs: z.array(z.looseObject({ pack: z.string() })) });
const PACK = z.looseObject({ views: z.array(EXPLAINED_VIEW).optional() });

async function listViews(client: Client): Promise<readonly ExplainedView[]> {
  const { packs } = PACKS.parse(await client.call({ method: 'GET', path: '/v1/packs' }));
  const views: ExplainedView[] = [];
  for (const { pack } of packs) {
    const whole = PACK.parse(await client.call({ method: 'GET', path: `/v1/packs/${encodeURIComponent(pack)}` }));
    views.push(...(whole.views ?? []));
  }
  return views;
}

function readPair(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw new CommandFailure(`--set ${pair}: give it as name=value.`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}
