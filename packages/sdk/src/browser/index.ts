export { createPageTracker, type PageTrackerOptions } from './page-tracker.ts';
export type { Tracker, TrackedEvent } from '../track/tracker.ts';
