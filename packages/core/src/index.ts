// fault
export { FAULTS } from './fault/codes.ts';
export type { FaultCode, FaultEntry } from './fault/codes.ts';
export { failed, ok } from './fault/fault.ts';
export type { Fault, Result } from './fault/fault.ts';

// hash
export { createPartsHasher, hashParts } from './hash/hash-parts.ts';
export type { PartsHasher } from './hash/hash-parts.ts';
export { PUBLIC_HASH_KEY, siphash128 } from './hash/siphash.ts';

// event
export { compareExact, EXACT_DIGITS_MAX, exactNumber, formatExact, parseExact } from './event/exact-number.ts';
export type { ExactNumber } from './event/exact-number.ts';
export type { CanonicalReader, DataKind } from './event/canonical-shape.ts';

// query
export { parseQuestion, QUESTION_GRAINS, QUESTION_KINDS, QUESTION_SCHEMA } from './query/question.ts';
export type { ParsedQuestion, Question, QuestionError, QuestionGrain, QuestionInput, QuestionKind, QuestionWhere } from './query/question.ts';
export type { AnswerColumn, AnswerRow, AnswerValue, AskedMeasure, CellRange, PlannedDimension } from './query/shape.ts';
