/** Views are made by turns: all questions of one are asked in the turn of the view. */
import { inTurn } from '../lanes.ts';
import type { Lanes } from '../lanes.ts';
import type { RunView } from './run-view.ts';

export function createViewInTurn(runView: RunView, { quick, slow }: Lanes): RunView {
  return async function viewInTurn(asked) {
    const { takesTurns: _taken, ...asker } = asked.asker;
    return inTurn(asked.view.isBackground ? slow : quick, asked.asker, async () => runView({ ...asked, asker }));
  };
}
