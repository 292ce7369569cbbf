// query
export { parseQuestion, QUESTION_GRAINS, QUESTION_KINDS, QUESTION_SCHEMA } from './query/question.ts';
export type { ParsedQuestion, Question, QuestionError, QuestionGrain, QuestionInput, QuestionKind, QuestionWhere } from './query/question.ts';
export type { AnswerColumn, AnswerRow, AnswerValue, AskedMeasure, CellRange, PlannedDimension } from './query/shape.ts';
