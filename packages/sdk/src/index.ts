export { ApiError, ConnectionError } from './api-error.ts';
export { createClient, type Client, type ClientOptions } from './client.ts';
export type { SendProgress, SendReport, SenderOptions } from './sender.ts';
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
