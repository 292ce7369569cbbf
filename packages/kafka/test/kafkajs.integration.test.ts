import { describeLogContract } from './log.contract.ts';
import { createRealHarness } from './real-harness.ts';

describeLogContract('kafkajs', () => Promise.resolve(createRealHarness('kafkajs')));
