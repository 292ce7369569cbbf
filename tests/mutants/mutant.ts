/** A bug to plant: one replacement in one source file, and the tests of which at least one must then fail. */
export interface Mutant {
  /** What goes wrong, in words; unique among the mutants of its file. */
  readonly name: string;
  /** The section of the delivery protocol whose mechanism the bug breaks. */
  readonly section: number;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Source text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Paths of the test files that are run. */
  readonly tests: readonly string[];
  /** `unit` needs no server; `integration` needs Kafka, Postgres and Redis. */
  readonly kind: 'unit' | 'integration';
}
