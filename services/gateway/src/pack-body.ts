import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import { decodeJson } from '@tidegate/http';
import { LineCounter, parseDocument } from 'yaml';

const YAML_TYPE = /^(application|text)\/(x-)?yaml\s*(;|$)/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** A pack as its author writes it (YAML) or as a program does (JSON, also where no type is named). */
export function readPackBody(contentType: string | undefined, bytes: Uint8Array): Result<unknown, ProblemFault> {
  if (contentType === undefined || JSON_TYPE.test(contentType)) return decodeJson(bytes);
  return YAML_TYPE.test(contentType)
    ? readYaml(bytes)
    : failed({ code: 'unsupported_format', detail: 'Send application/yaml or application/json.' });
}

function readYaml(bytes: Uint8Array): Result<unknown, ProblemFault> {
  const lines = new LineCounter();
  const document = parseDocument(Buffer.from(bytes).toString('utf8'), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const errors = document.errors.map(({ pos, code }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { path: `line ${line}, column ${col}`, code: code.toLowerCase(), message: 'this is not YAML' };
    });
    return failed({ code: 'bad_yaml', errors });
  }
  try {
    // Bounded, so that a few lines of nested aliases cannot become gigabytes.
    return ok(document.toJS({ maxAliasCount: 100 }));
  } catch {
    return failed({ code: 'bad_yaml', detail: 'Use fewer aliases.' });
  }
}
