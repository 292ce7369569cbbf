/** Server-Sent Events as the query service writes them. */
export interface ServerEvent {
  readonly name: string;
  readonly id: string | null;
  /** An object as JSON. */
  readonly data: string;
}

const LINE = /^(event|id|data): (.*)$/gm;

/** Takes text as it comes and gives the events that are whole; what has no data is none. */
export function createEventReader(): (text: string) => readonly ServerEvent[] {
  let rest = '';
  return function read(text) {
    // Where nothing ends here nothing is searched: an event of a megabyte comes in a hundred pieces.
    if (!text.includes('\n')) {
      rest += text;
      return [];
    }
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    return parts.map(toEvent).filter((event) => event !== null);
  };
}

function toEvent(block: string): ServerEvent | null {
  const fields = new Map([...block.matchAll(LINE)].map(([, name = '', value = '']) => [name, value]));
  const data = fields.get('data');
  return data === undefined ? null : { name: fields.get('event') ?? 'message', id: fields.get('id') ?? null, data };
}
