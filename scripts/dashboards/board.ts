/** A board as data: what it asks, not where its pixels are. */
export interface Board {
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  readonly unit: 's' | 'short' | 'percentunit' | 'reqps' | 'bytes' | 'ops';
  /** A number of now, in place of a curve. */
  readonly isNow?: true;
  /** Query → legend, where `{{label}}` stands for a label's value. */
  readonly queries: Readonly<Record<string, string>>;
}

/** Three quantiles of a histogram, of the series that `selector` names. */
export function quantiles(metric: string, selector = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [0.5, 0.95, 0.99].map((share) => [
      `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket${selector}[$__rate_interval])))`,
      `p${Math.round(share * 100)}`,
    ]),
  );
}

const COLUMNS = 3;
const [WIDTH, HEIGHT] = [8, 8];
const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The board in Grafana's own format; the source of data is chosen there. */
export function toGrafana({ name, title, panels }: Board): string {
  const board = {
    uid: `tidegate-${name}`,
    title: `Tidegate: ${title}`,
    tags: ['tidegate'],
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    graphTooltip: 1,
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }] },
    panels: panels.map((panel, index) => toPanel(panel, index)),
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}

function toPanel({ title, unit, isNow, queries }: Panel, index: number): unknown {
  return {
    id: index + 1,
    type: isNow === true ? 'stat' : 'timeseries',
    title,
    datasource: SOURCE,
    gridPos: { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, ...(unit === 'percentunit' ? { min: 0 } : {}) }, overrides: [] },
    targets: Object.entries(queries).map(([expr, legendFormat], at) => ({
      refId: String.fromCodePoint(65 + at),
      datasource: SOURCE,
      expr,
      legendFormat,
      ...(isNow === true ? { instant: true } : {}),
    })),
  };
}
