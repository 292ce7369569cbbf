import type { Ask, Asker, AskOutcome } from './ask.ts';

/** The pages of an answer, each asked for when the one before was taken; one that is refused is the last. */
export async function* answerPages(ask: Ask, question: object, asker: Asker): AsyncGenerator<AskOutcome> {
  for (let cursor: string | null = null; ;) {
    asker.signal.throwIfAborted();
    const outcome = await ask({ ...question, cursor }, asker);
    yield outcome;
    cursor = outcome.ok ? outcome.answer.next_cursor : null;
    if (cursor === null) return;
  }
}
