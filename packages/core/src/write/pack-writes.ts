/** The writes of a pack: all of them compiled, and their routes without their expressions. */
import type { PackSource } from '../pack/schema.ts';
import { parseRoute } from '../view/route-template.ts';
import type { RouteTemplate } from '../view/route-template.ts';
import { compileWrite, WRITE_SCOPE } from './compile-write.ts';
import type { CompiledWrite } from './compiled-write.ts';

/** By name. Of a pack that was linted: what cannot be compiled all the same is left out. */
export function compileWrites({ pack, writes = {} }: PackSource): ReadonlyMap<string, CompiledWrite> {
  const compiled = Object.entries(writes).map(([name, write]) => compileWrite({ pack, name, write }));
  return new Map(compiled.flatMap((one) => (one.ok ? [[one.value.write, one.value] as const] : [])));
}

/** What has to be known of a write to let a request in. */
export interface WriteRoute {
  readonly pack: string;
  readonly write: string;
  readonly scope: string;
  readonly route: RouteTemplate;
}

export function writeRoutes({ pack, writes = {} }: Pick<PackSource, 'pack' | 'writes'>): readonly WriteRoute[] {
  return Object.entries(writes).flatMap(([write, { route, scope = WRITE_SCOPE }]) => {
    const parsed = parseRoute(route);
    return parsed.ok ? [{ pack, write, scope, route: parsed.value }] : [];
  });
}
