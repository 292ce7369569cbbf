import { createMemoryBroker } from '../src/memory.ts';
import { describeLogContract, describeModernLogContract } from './log.contract.ts';
import type { LogHarness } from './log-under-test.ts';

function createMemoryHarness(): Promise<LogHarness> {
  let nowMs = Date.UTC(2026, 0, 1);
  const broker = createMemoryBroker({ now: () => nowMs++ });
  return Promise.resolve({
    client: (clientId) => broker.createClient(clientId),
    doomedMember: async (request) => {
      await broker.createClient('doomed').joinGroup({ ...request, onAssigned: () => undefined, onRevoked: () => undefined });
      return { kill: () => broker.killMember('doomed', request.groupId) };
    },
    trim: (topic, partition, startOffset) => {
      broker.trimLog(topic, partition, startOffset);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

describeLogContract('memory', createMemoryHarness);
describeModernLogContract('memory', createMemoryHarness);
