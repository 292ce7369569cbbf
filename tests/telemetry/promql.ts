import { parser } from '@prometheus-io/lezer-promql';

export interface Selector {
  readonly metric: string;
  /** Names of the labels that it asks for. */
  readonly labels: readonly string[];
}

export interface QueryReading {
  readonly isWellFormed: boolean;
  readonly selectors: readonly Selector[];
}

/** What a query reads; variables of Grafana stand for a duration. */
export function readQuery(query: string): QueryReading {
  const text = query.replaceAll(/\$__(rate_interval|range)/g, '5m');
  const selectors: { metric: string; labels: string[] }[] = [];
  let isWellFormed = true;
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) isWellFormed = false;
      if (type.name === 'VectorSelector') selectors.push({ metric: '', labels: [] });
      const last = selectors.at(-1);
      if (last === undefined) return;
      if (type.name === 'Identifier' && last.metric === '') last.metric = text.slice(from, to);
      // Labels of a grouping have the same name and another parent.
      if (type.name === 'LabelName' && node.parent?.name.includes('LabelMatcher') === true) last.labels.push(text.slice(from, to));
    },
  });
  return { isWellFormed, selectors };
}
