import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { plotView } from './plot-view.ts';

const COLUMNS = [
  { name: 'weekday', type: 'integer' },
  { name: 'hour', type: 'integer' },
  { name: 'channel', type: 'string' },
  { name: 'edits', type: 'integer' },
];

it('draws a week with a place for each hour, groups added up, the greatest darkest', () => {
  const rows = [
    [1, 0, '#a', 30],
    [1, 0, '#b', 70],
    [1, 2, '#a', 26],
    [7, 23, '#a', 1],
  ];
  const lines = stripVTControlCharacters(plotView({ columns: COLUMNS, rows }, { width: 80 })).split('\n');
  expect(lines[0]).toBe('edits');
  // 100 of 100 is black, 26 of 100 the second shade, 1 of 100 still the first.
  expect(lines[1]).toBe('Mon ██  ▒▒');
  expect(lines[2]).toBe('Tue');
  expect(lines[7]).toBe(`Sun ${' '.repeat(46)}░░`);
  expect(lines[8]).toBe('    00          06          12          18');
  expect(lines[9]).toBe('█ up to 100');
});
