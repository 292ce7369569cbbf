/** The writes of a pack: all of them compiled, and their routes and members without their expressions. */
import type { PackSource } from '../pack/schema.ts';
import { parseRoute } from '../view/route-template.ts';
import type { RouteTemplate } from '../view/route-template.ts';
import { compileParam } from '../view/compile-view.ts';
import type { CompiledParam } from '../view/compiled-view.ts';
import { compileMember, compileWrite, WRITE_SCOPE } from './compile-write.ts';
import type { CompiledMember, CompiledWrite } from './compiled-write.ts';

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
  readonly registers: boolean;
}

export function writeRoutes({ pack, writes = {} }: Pick<PackSource, 'pack' | 'writes'>): readonly WriteRoute[] {
  return Object.entries(writes).flatMap(([write, { route, scope = WRITE_SCOPE, registers = false }]) => {
    const parsed = parseRoute(route);
    return parsed.ok ? [{ pack, write, scope, route: parsed.value, registers }] : [];
  });
}

/** What callers are told of a write: how it is asked. */
export interface WriteSignature extends WriteRoute {
  readonly title: string;
  readonly description: string | null;
  readonly params: readonly CompiledParam[];
  readonly body: readonly CompiledMember[];
  /** The body is a list of such bodies. */
  readonly isList: boolean;
}

export function writeSignatures(source: Pick<PackSource, 'pack' | 'writes'>): readonly WriteSignature[] {
  return writeRoutes(source).flatMap((route) => {
    const write = source.writes?.[route.write];
    const one = write?.each === undefined ? write : source.writes?.[write.each];
    if (write === undefined || one === undefined) return [];
    const { title = route.write, description = null } = write;
    const params = Object.entries(write.params).map(([name, param]) => compileParam(name, param, route.route));
    const body = Object.entries(one.body).map(([name, member]) => compileMember(name, member, () => undefined));
    return [{ ...route, title, description, params, body, isList: one !== write }];
  });
}
