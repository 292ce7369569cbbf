/** `GET /v1/budgets`: how many values the dimensions of a tenant's metrics have, and which have more than their budget. */
import { toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { BUDGETS_QUERY, invalidRequest, sendJson, sendProblem } from '@tidegate/http';
import type { BudgetInfo, BudgetStore } from '@tidegate/postgres';

export interface BudgetsDeps {
  readonly budgets: BudgetStore;
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;

export function createListBudgets({ budgets, nowMs }: BudgetsDeps): (exchange: Exchange) => Promise<void> {
  return async function listBudgets(exchange) {
    const { caller, query, response, context } = exchange;
    const asked = BUDGETS_QUERY.safeParse(Object.fromEntries(query));
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const { metric = null, days, spent, limit } = asked.data;
    const sinceDay = toIsoUtc(nowMs() - (days - 1) * DAY_MS).slice(0, 10);
    const found = await budgets.list({ tenant: caller.tenant, sinceDay, metric, onlySpent: spent === 'true', rowsMax: limit });
    sendJson(exchange, { budgets: found.map(view) });
  };
}

function view({ metric, dimension, day, values, valuesMax, spentAtMs }: BudgetInfo): Readonly<Record<string, unknown>> {
  return { metric, dimension, day, values, values_max: valuesMax, spent_at: spentAtMs === null ? null : toIsoUtc(spentAtMs) };
}
