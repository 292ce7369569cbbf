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

/** Parses JSON; numbers stay text, so that 19-digit integers and decimals come out as they went in. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context) => (typeof value === 'number' ? new NumberText(context.source) : value));
}
