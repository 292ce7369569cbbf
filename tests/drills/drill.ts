/** What a drill proves, as one line that anyone can read or a program can check. */
export interface DrillReport {
  readonly drill: string;
  readonly seed: number;
  readonly verdict: 'pass' | 'fail';
  readonly checks: Readonly<Record<string, number>>;
}

export interface DrillOptions {
  readonly seed: number;
  readonly say: (line: string) => void;
}

export type Drill = (options: DrillOptions) => Promise<DrillReport>;
