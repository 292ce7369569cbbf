import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort, isPortFree, startOnFreePort, startOnPorts } from './port.ts';
import { listensOn } from './socket-owner.ts';

const others: Server[] = [];
afterEach(async () => {
  for (const server of others.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** Another program takes the port. */
async function takenByAnother(port: number, host = '127.0.0.1'): Promise<void> {
  const server = createServer().listen(port, host);
  others.push(server);
  await once(server, 'listening');
}

it('a port that another program takes between the choice and the bind costs another attempt', async () => {
  const asked: number[] = [];
  const bound = await startOnFreePort(async (port) => {
    asked.push(port);
    if (asked.length < 3) await takenByAnother(port);
    if (!(await isPortFree(port))) throw new Error('EADDRINUSE');
    return port;
  });
  expect(asked).toHaveLength(3);
  expect(bound).toBe(asked[2]);
});

it('a failure that no port is to blame for is not tried again', async () => {
  let attempts = 0;
  const start = startOnFreePort(async () => {
    attempts += 1;
    throw new Error('no such file');
  });
  await expect(start).rejects.toThrow('no such file');
  expect(attempts).toBe(1);
});

it('a port that may not be chosen anew is an error as soon as it is taken', async () => {
  const fixed = await freePort();
  const attempts: number[] = [];
  const choose = async (failed: number): Promise<number> => {
    if (!(await isPortFree(fixed))) throw new Error(`port ${fixed} is taken`);
    attempts.push(failed);
    return fixed;
  };
  const start = startOnPorts({ choose, portsOf: (port) => [port] }, async (port) => {
    await takenByAnother(port);
    throw new Error('EADDRINUSE');
  });
  await expect(start).rejects.toThrow(`port ${fixed} is taken`);
  expect(attempts).toEqual([0]);
});

it('ends with the last failure when every choice is taken', async () => {
  let attempts = 0;
  const start = startOnFreePort(async (port) => {
    attempts += 1;
    await takenByAnother(port);
    throw new Error(`EADDRINUSE ${attempts}`);
  });
  await expect(start).rejects.toThrow('EADDRINUSE 5');
});

/** Where there is no `/proc` nobody tells. */
const told = (answer: boolean): boolean | null => (process.platform === 'linux' ? answer : null);

it.each(['127.0.0.1', '::'])('who listens on a port is told by the kernel: %s', async (host) => {
  const port = await freePort();
  expect(listensOn(process.pid, port)).toBe(told(false));
  await takenByAnother(port, host);
  expect(listensOn(process.pid, port)).toBe(told(true));
  expect(listensOn(process.pid, await freePort())).toBe(told(false));
  expect(listensOn(process.ppid, port)).toBe(told(false));
  expect(listensOn(2 ** 30, port)).toBe(told(false));
});

it('a process that ended and is not collected yet listens on nothing', async () => {
  const port = await freePort();
  await takenByAnother(port);
  // The child ends while its parent, a shell that only sleeps, does not ask for it: what is left of it has no descriptors.
  const shell = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 30']);
  try {
    const [line] = (await once(shell.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const stat = `/proc/${pid}/stat`;
    await expect.poll(() => !existsSync(stat) || / Z /.test(readFileSync(stat, 'utf8'))).toBe(true);
    expect(listensOn(pid, port)).toBe(told(false));
  } finally {
    shell.kill();
  }
});
