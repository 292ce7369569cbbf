/** What is known of a batch that could not be appended. */
export type AppendOutcome = 'not_sent' | 'unknown';

/**
 * Why an append did not end well. `not_sent`: the batch is certainly not in the log, sending it again is free of copies.
 * `unknown`: it may be there; only a reader that knows identities may let it be sent again.
 */
export class KafkaFailure extends Error {
  readonly outcome: AppendOutcome;

  constructor(outcome: AppendOutcome, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KafkaFailure';
    this.outcome = outcome;
  }
}
