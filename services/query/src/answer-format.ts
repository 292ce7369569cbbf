/** The forms in which an answer can be had, and which of them a caller prefers (RFC 9110, section 12.5.1). */
import { byText } from './by-text.ts';

export type AnswerFormat = 'json' | 'ndjson' | 'csv' | 'parquet';

export const ANSWER_TYPES: Readonly<Record<AnswerFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

const FORMATS: readonly AnswerFormat[] = ['json', 'ndjson', 'csv', 'parquet'];

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The format with the greatest quality; of equal ones that named first, then JSON. What accepts none of them gets JSON: an answer
 * in another form tells more than a refusal.
 */
export function formatOf(accept: string | undefined): AnswerFormat {
  return accept === undefined ? 'json' : acceptedFormat(accept);
}

const acceptedFormat = byText((accept: string): AnswerFormat => {
  const ranges = accept.split(',').map(toRange);
  const offers = FORMATS.map((format) => {
    const at = rangeOf(format, ranges);
    return { format, at, quality: ranges[at]?.quality ?? 0 };
  });
  const [best] = offers.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality || a.at - b.at);
  return best?.format ?? 'json';
});

function toRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** Place of the most specific range that covers the format; -1: none does. */
function rangeOf(format: AnswerFormat, ranges: readonly MediaRange[]): number {
  const [type = ''] = ANSWER_TYPES[format].split(';');
  const [family] = type.split('/');
  for (const wanted of [type, `${family}/*`, '*/*']) {
    const at = ranges.findIndex((range) => range.type === wanted);
    if (at >= 0) return at;
  }
  return -1;
}
