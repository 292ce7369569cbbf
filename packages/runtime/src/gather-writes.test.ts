import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { gatherWrites } from './gather-writes.ts';

function recorder(): { readonly stream: Writable; readonly writes: string[][] } {
  const writes: string[][] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      writes.push([chunk.toString()]);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }: { chunk: Buffer }) => chunk.toString()));
      done();
    },
  });
  return { stream: gatherWrites(stream), writes };
}

test('what is written in one turn leaves together, the writer\u2019s own corks and waits for settled promises included', async () => {
  const { stream, writes } = recorder();
  stream.write('a');
  stream.cork();
  stream.write('b');
  stream.uncork();
  await Promise.resolve();
  stream.write('c');
  expect(writes).toEqual([]);
  await new Promise((done) => setImmediate(done));
  expect(writes).toEqual([['a', 'b', 'c']]);
});

test('what is written in another turn leaves by itself, and an end waits for nothing', async () => {
  const { stream, writes } = recorder();
  stream.write('a');
  await new Promise((done) => setImmediate(done));
  stream.write('b');
  const finished = new Promise((done) => stream.once('finish', done));
  stream.end('c');
  await finished;
  expect(writes).toEqual([['a'], ['b', 'c']]);
});
