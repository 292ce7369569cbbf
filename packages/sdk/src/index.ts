export { ApiError, ConnectionError } from './api-error.ts';
export { createApi, type Api, type ApiPaths } from './api.ts';
export { createClient, type Client, type ClientOptions } from './client.ts';
export { createLive, type Live, type LiveListener, type LiveOptions, type LiveUpdate } from './live.ts';
export type { SendProgress, SendReport, SenderOptions } from './sender.ts';
export { createHooks, emit, eventHook, HOOK_NAMES, subscribe } from './track/hooks.ts';
export type { HookHandler, HookName, HookPayloads, Hooks, HooksOptions } from './track/hooks.ts';
export type { TrackProblem } from './track/event-buffer.ts';
export { createTracker, type TrackedEvent, type TrackedRequest, type Tracker, type TrackerOptions } from './track/tracker.ts';
export type { Call } from './transport.ts';
export type {
  AnalysisQuestion,
  JourneyQuestion,
  Answer,
  AnswerBin,
  AnswerColumn,
  AnswerTop,
  AnswerValue,
  EventInput,
  Question,
  ReceiptState,
  Rejection,
  Sendable,
} from './wire.ts';
