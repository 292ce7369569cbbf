/** A write as `GET /v1/packs/{pack}` shows it: what it takes and where it is had. */
import type { CompiledWrite } from '@tidegate/core';
import { viewOfMember, viewOfParams } from '../views/view-list.ts';

export function viewOfWrite({
  pack,
  write,
  title,
  route,
  scope,
  checks,
  body,
  each,
  eventsMax,
}: CompiledWrite): Readonly<Record<string, unknown>> {
  return {
    ...{ write, title, scope, route: `${route.method} ${route.path}`, path: `/v1/writes/${pack}/${write}` },
    params: viewOfParams(checks.params, route),
    ...(each === null ? { body: body.map(viewOfMember) } : { each, events_max: eventsMax }),
  };
}
