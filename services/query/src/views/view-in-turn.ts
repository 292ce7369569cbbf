/** Views are made by turns: all questions of one are asked in the turn of the view. */
import type { Lanes } from '../turns.ts';
import type { RunView } from './run-view.ts';

export function createViewInTurn(runView: RunView, { quick, slow }: Lanes): RunView {
  return async function viewInTurn(asked) {
    const { takesTurns, ...asker } = asked.asker;
    if (takesTurns !== true) return runView(asked);
    const takeTurn = asked.view.isBackground ? slow : quick;
    return takeTurn(asker.tenant, async () => runView({ ...asked, asker }));
  };
}
