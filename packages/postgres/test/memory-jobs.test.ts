import { createMemoryJobs } from '../src/memory.ts';
import { describeJobs } from './jobs.contract.ts';

const jobs = createMemoryJobs();
describeJobs('memory', () => jobs);
