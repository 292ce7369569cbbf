import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { expect, it } from 'vitest';
import { readAlerts, readRules } from './alert-rules.ts';
import { dashboardQueries, readBoards } from './dashboards.ts';
import { createQueryCheck } from './query-check.ts';

const boards = readBoards();
const queryFaults = await createQueryCheck();

it('dashboards ask only for what is exposed, with labels that it has', () => {
  const queries = dashboardQueries();
  expect(queries.length).toBeGreaterThan(60);
  expect(queries.flatMap(queryFaults)).toEqual([]);
});

it('there is a dashboard for each part of the system', () => {
  expect(boards.map(({ name }) => name).toSorted()).toEqual([
    'cache-limits.json',
    'kafka-lag.json',
    'overview.json',
    'postgres.json',
    'resources.json',
    'slo.json',
  ]);
  for (const { panels } of boards) expect(panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
});

it('rules ask only for what is exposed, with labels that it has', () => {
  expect(readRules().flatMap(({ expr }) => queryFaults(expr))).toEqual([]);
});

it.each([
  ['a metric that is misspelt', 'sum(rate(request_total[5m]))', ['nobody exposes request_total']],
  ['a histogram without its part', 'rate(flush_duration_seconds[5m])', ['nobody exposes flush_duration_seconds']],
  ['a label that a metric does not have', 'sum(lag_seconds{topic="events"})', ['lag_seconds has no label topic']],
  ['a query that is cut off', 'sum(rate(requests_total[5m])', ['does not parse: sum(rate(requests_total[5m])']],
])('the check sees %s', (_, query, faults) => {
  expect(queryFaults(query)).toEqual(faults);
});

it('every alert has a severity, says what it is about, and has a runbook; every runbook has an alert', () => {
  const alerts = readAlerts();
  for (const { alert, labels, annotations } of alerts) {
    expect(labels?.severity).toMatch(/^(page|ticket)$/);
    expect(annotations).toMatchObject({ summary: expect.any(String), runbook_url: `docs/runbooks/${alert}.md` });
  }
  const runbooks = readdirSync(join(repositoryRoot, 'docs/runbooks')).filter((name) => name !== 'README.md');
  expect(runbooks.toSorted()).toEqual([...new Set(alerts.map(({ alert }) => `${alert}.md`))].toSorted());
  const list = readFileSync(join(repositoryRoot, 'docs/runbooks/README.md'), 'utf8');
  expect(
    alerts.filter(({ alert, labels }) => !new RegExp(`\\[${alert}\\]\\(${alert}\\.md\\)\\s*\\| ${labels?.severity}`).test(list)),
  ).toEqual([]);
});

it('every runbook says what to look at and what to do', () => {
  for (const { alert } of readAlerts()) {
    const text = readFileSync(join(repositoryRoot, `docs/runbooks/${alert}.md`), 'utf8');
    expect(text).toMatch(new RegExp(`^# ${alert}\n\n.+\n\n## Look at\n\n- [\\s\\S]+\n\n## Do\n\n- `));
  }
});
