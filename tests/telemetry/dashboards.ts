import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';

export interface ReadBoard {
  readonly name: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const folder = join(repositoryRoot, 'infra/dashboards');

export function readBoards(): readonly ReadBoard[] {
  return readdirSync(folder).map((name) => {
    const board: Pick<ReadBoard, 'panels'> = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return { name, panels: board.panels };
  });
}

export function dashboardQueries(): readonly string[] {
  return readBoards().flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
}
