import { describeLogContract, describeModernLogContract } from './log.contract.ts';
import { createRealHarness } from './real-harness.ts';

describeLogContract('@platformatic/kafka', () => Promise.resolve(createRealHarness('platformatic')));
describeModernLogContract('@platformatic/kafka', () => Promise.resolve(createRealHarness('platformatic')));
