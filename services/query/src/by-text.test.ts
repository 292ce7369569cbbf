import { expect, test } from 'vitest';
import { byText } from './by-text.ts';

test('a text is read once while it is remembered, a long one each time', () => {
  const read: string[] = [];
  const lengthOf = byText((text: string) => {
    read.push(text);
    return text.length;
  });
  const long = 'x'.repeat(501);
  expect(['a', 'bc', 'a', long, long].map(lengthOf)).toEqual([1, 2, 1, 501, 501]);
  expect(read).toEqual(['a', 'bc', long, long]);
  for (let at = 0; at < 200; at += 1) lengthOf(`text ${at}`);
  read.length = 0;
  lengthOf('a');
  expect(read).toEqual(['a']);
});

test('nothing is a value like others', () => {
  let calls = 0;
  const nothing = byText(() => {
    calls += 1;
    return null;
  });
  expect([nothing('a'), nothing('a'), calls]).toEqual([null, null, 1]);
});
