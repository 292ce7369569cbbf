export { closeOnExit } from './close-on-exit.ts';
export { recordExpress, type ExpressRecorder } from './express-requests.ts';
export { recordFastify, type FastifyRecorder } from './fastify-requests.ts';
export type { RecordOptions } from './request-record.ts';
