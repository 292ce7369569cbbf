import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { invalidRequest, readJsonBody } from '@tidegate/http';
import type { z } from 'zod';

const BYTES_MAX = 16_384;

/** A small JSON body as its schema reads it, or what is wrong with it. */
export async function readAsked<T>({ request }: Pick<Exchange, 'request'>, schema: z.ZodType<T>): Promise<Result<T, ProblemFault>> {
  const body = await readJsonBody(request, BYTES_MAX);
  if (!body.ok) return body;
  const asked = schema.safeParse(body.value);
  return asked.success ? ok(asked.data) : failed(invalidRequest(asked.error));
}
