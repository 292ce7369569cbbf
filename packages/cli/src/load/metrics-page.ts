/** Series of a page of metrics, in Prometheus' text format. */
export interface Reading {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no series are passed over: what is asked for and not there is missing in the report. */
export function readMetricsPage(text: string): readonly Reading[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', told = '']): [string, string] => [label, told]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}
