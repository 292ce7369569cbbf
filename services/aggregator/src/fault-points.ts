import { COMMIT_FAULT_POINTS } from '@tidegate/postgres';

/** Where a kill drill stops an aggregator: the steps of a commit, of announcing it and of taking a partition over. */
export const FAULT_POINTS = [...COMMIT_FAULT_POINTS, 'announce.begun', 'announce.done', 'takeover.begun', 'takeover.done'] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Called at each point. The shipped program passes `noFault`; a drill passes a function that ends the process. */
export type Fault = (point: FaultPoint) => void | Promise<void>;

export const noFault: Fault = () => undefined;
