import type { Board } from './board.ts';
import { counting, objective, overview } from './service-boards.ts';
import { cache, postgres, resources } from './store-boards.ts';

export const BOARDS: readonly Board[] = [overview, counting, postgres, cache, objective, resources];
