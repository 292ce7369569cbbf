/** Values for what a view must be told, where nobody has given any: they find nothing, and the plans are those of ones that do. */
import { z } from 'zod';

const PARAM = z.looseObject({
  name: z.string(),
  type: z.string(),
  in: z.enum(['path', 'query']),
  optional: z.boolean(),
  enum: z.array(z.string()).optional(),
  min: z.number().optional(),
});
export const EXPLAINED_VIEW = z.looseObject({
  view: z.string(),
  path: z.string(),
  route: z.string().nullable(),
  params: z.array(PARAM),
});

export type ExplainedView = z.infer<typeof EXPLAINED_VIEW>;
type Param = z.infer<typeof PARAM>;
export type GivenValues = Readonly<Record<string, string>>;

/** In the form of a pseudonym, so that it stands for itself as the id of a person too. */
const SAMPLE = 'a'.repeat(64);

/** The address of a view with what it must be told; what may be left out is, but persons and what is given. */
export function samplePath(
  { path, params }: ExplainedView,
  { given, nowMs }: { readonly given: GivenValues; readonly nowMs: number },
): string {
  const query = new URLSearchParams();
  for (const param of params) {
    const value = given[param.name] ?? (param.optional && param.type !== 'subject' ? undefined : sampleOf(param, nowMs));
    if (value !== undefined) query.set(param.name, value);
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function sampleOf({ type, enum: values, min }: Param, nowMs: number): string {
  if (type === 'list') return listOf(values, Math.max(1, min ?? 1)).join(',');
  if (values?.[0] !== undefined) return values[0];
  switch (type) {
    case 'integer':
    case 'number':
      return String(min ?? 1);
    case 'boolean':
      return 'true';
    case 'date':
      return new Date(nowMs).toISOString().slice(0, 10);
    case 'instant':
      return new Date(nowMs).toISOString();
    case 'zone':
      return 'UTC';
    default:
      return SAMPLE;
  }
}

function listOf(values: readonly string[] | undefined, count: number): readonly string[] {
  return values?.slice(0, count) ?? Array.from({ length: count }, (_, at) => (at === 0 ? SAMPLE : `${SAMPLE}-${at + 1}`));
}
