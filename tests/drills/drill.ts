/** What a drill proves, as one line that anyone can read or a program can check. */
export interface DrillReport {
  readonly drill: string;
  readonly seed: number;
  readonly verdict: 'pass' | 'fail';
  readonly checks: Readonly<Record<string, number>>;
  /** What was found that may not be, in words. */
  readonly discrepancies?: readonly string[];
  /** File with what every client was told and what was found at the end. */
  readonly history?: string;
  /** Of planted bugs: the test that turned red, by bug. */
  readonly caught_by?: Readonly<Record<string, string>>;
}

export interface DrillOptions {
  readonly seed: number;
  readonly say: (line: string) => void;
  /** How long faults go on; a drill without a duration of its own takes no notice. */
  readonly minutes?: number;
  /** Where a history is kept; default a folder under the data folder of `npm start`. */
  readonly folder?: string;
  /** Part of the name of what is to be done, where a drill does many things. */
  readonly only?: string;
}

export type Drill = (options: DrillOptions) => Promise<DrillReport>;
