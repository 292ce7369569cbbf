import type { IncomingHttpHeaders } from 'node:http';
import type { Envelope } from '@tidegate/core';
import { CLOUD_EVENT, isJsonType, NATIVE } from '@tidegate/core';

/** How the events of a body are laid out. `attributed`: one event, whose envelope stands in the headers and whose data is the body. */
export type BodyLayout = 'one' | 'list' | 'any' | 'lines' | 'attributed';

/** What a request says of its body. */
export interface BodyFormat {
  readonly layout: BodyLayout;
  readonly envelope: Envelope;
}

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': { layout: 'any', envelope: NATIVE },
  'application/x-ndjson': { layout: 'lines', envelope: NATIVE },
  'application/ndjson': { layout: 'lines', envelope: NATIVE },
  'application/cloudevents+json': { layout: 'one', envelope: CLOUD_EVENT },
  'application/cloudevents-batch+json': { layout: 'list', envelope: CLOUD_EVENT },
};
const ATTRIBUTED: BodyFormat = { layout: 'attributed', envelope: CLOUD_EVENT };
/** The media types that name their own layout of CloudEvents; with any other one, attributes in headers mean the binary mode. */
const CLOUD_EVENTS_TYPE = 'application/cloudevents';
const REQUIRED_ATTRIBUTES = ['ce-specversion', 'ce-id', 'ce-type', 'ce-source'];

/**
 * By the media type, whose parameters do not matter but for a charset other than UTF-8, and by the headers of CloudEvents' binary
 * mode. Null: holds no events.
 */
export function formatOf(headers: IncomingHttpHeaders): BodyFormat | null {
  const contentType = headers['content-type'] ?? '';
  const [mediaType = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (!parameters.every(isUtf8)) return null;
  const isAttributed = !mediaType.startsWith(CLOUD_EVENTS_TYPE) && REQUIRED_ATTRIBUTES.some((name) => name in headers);
  if (isAttributed) return contentType === '' || isJsonType(contentType) ? ATTRIBUTED : null;
  return Object.hasOwn(FORMATS, mediaType) ? (FORMATS[mediaType] ?? null) : null;
}

/** Segment's clients send JSON, some of them as plain text, which browsers send to other hosts unasked. */
export function segmentFormatOf(headers: IncomingHttpHeaders): BodyFormat | null {
  const [mediaType = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  return formatOf({ 'content-type': mediaType.trim() === 'text/plain' ? 'application/json' : (headers['content-type'] ?? '') });
}

const CHARSET = /^charset\s*=\s*"?([^"]*)"?$/;

/** Whether a parameter of the media type leaves the body UTF-8; ASCII is a part of it. */
function isUtf8(parameter: string): boolean {
  const charset = CHARSET.exec(parameter)?.[1];
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

const ATTRIBUTE = /^ce-([a-z0-9]+)$/;

/**
 * The attributes of CloudEvents' HTTP binding (1.0, section 3.1.3) as members of a JSON object without its closing bracket: values in
 * quotes are taken out of them, percent-encoded bytes decoded. Null: a value that is no UTF-8.
 */
export function attributesOf(headers: IncomingHttpHeaders): string | null {
  const members: string[] = [];
  for (const [header, value] of Object.entries(headers)) {
    const name = ATTRIBUTE.exec(header)?.[1];
    if (name === undefined || typeof value !== 'string') continue;
    const text = attributeText(value);
    if (text === null) return null;
    // The one attribute that is a number; in headers all are texts.
    const isNumber = name === 'schemaversion' && /^\d{1,9}$/.test(text);
    members.push(`${JSON.stringify(name)}:${isNumber ? String(Number(text)) : JSON.stringify(text)}`);
  }
  return `{${members.join(',')}`;
}

function attributeText(value: string): string | null {
  const unquoted = /^"(.*)"$/.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value;
  // A percent sign that encodes nothing stands for itself: senders that do not encode are more than those that mean it as an error.
  const encoded = unquoted.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25').replaceAll(/[\u0080-\u00ff]/g, toPercent);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/** Node tells each byte of a header as a character; senders that encode nothing send UTF-8 as it is. */
function toPercent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`;
}
