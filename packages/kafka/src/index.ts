export type {
  AppendReceipt,
  GroupMember,
  GroupOptions,
  LogAdmin,
  LogClient,
  LogProducer,
  LogReader,
  LogReaderOptions,
  ProducerStamp,
  RecordBatch,
  RecordHeader,
  RecordSlab,
  SlabHandler,
  TopicDescription,
  TopicSpec,
} from './port.ts';
export { KafkaFailure } from './failure.ts';
export type { AppendOutcome } from './failure.ts';
export { createRecordBatch } from './record-batch.ts';
export type { RecordBatchOptions } from './record-batch.ts';
export { NO_HEADERS, encodeHeaders, headerValue, readHeaders, traceparentOf } from './headers.ts';
export { UnreadableBatch } from './slab.ts';
export { ensureTidegateTopics, tidegateTopics, topicNames } from './topics.ts';
export type { TidegateTopicOptions, TopicNames } from './topics.ts';
export { createControlReader } from './control-reader.ts';
export type { ControlReader, ControlTold } from './control-reader.ts';
export { readJsonSince } from './read-since.ts';
export { followTable } from './table-reader.ts';
export type { FollowedTable, TableOptions, TableRecord } from './table-reader.ts';
export { createLogClient } from './log-client.ts';
export type { LogClientKind } from './log-client.ts';
export type { LogClientOptions, LogSaslOptions, LogSslOptions } from './client-options.ts';
