/** A number of a JSON text with the digits that it was written with. */
export class NumberText {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toJSON(): unknown {
    return JSON.rawJSON(this.digits);
  }
}

/** A number, in member or element position, that a double may not hold digit by digit. */
const DELICATE_NUMBER = /(?:"\s*:|[[,])\s*-?(?:\d{16}|\d+[.eE])/;

/**
 * Parses JSON; numbers that a double would change stay text, so that 19-digit integers and decimals come out as they went
 * in. The reviver costs more than the parsing, so it runs only where there is such a number.
 */
export function parseExactly(text: string): unknown {
  if (!DELICATE_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context) => (typeof value === 'number' ? new NumberText(context.source) : value));
}
