/** One instruction of a Dockerfile, continuation lines joined. */
export interface Instruction {
  readonly line: number;
  readonly name: string;
  /** `--from=…` and the like, without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** Everything after name and flags. */
  readonly rest: string;
}

export interface Stage {
  readonly name: string;
  /** Name of an earlier stage, or reference of an image. */
  readonly base: string;
  readonly line: number;
  readonly instructions: readonly Instruction[];
}

/** Reads the stages of a Dockerfile, in order. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') {
      const [base = '', , name = String(stages.length)] = instruction.rest.split(/\s+/);
      stages.push({ name, base, line: instruction.line, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** What the shell form of a list instruction would be refused for: null where the text is not a JSON array of words. */
export function execForm(rest: string): readonly string[] | null {
  try {
    const words: unknown = JSON.parse(rest);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null;
  } catch {
    return null;
  }
}

/** The stage and those that it is based on, the base first. */
export function chainOf(stages: readonly Stage[], stage: Stage): readonly Stage[] {
  const below = stages.find(({ name }) => name === stage.base);
  return below === undefined ? [stage] : [...chainOf(stages, below), stage];
}

function instructionsOf(text: string): readonly Instruction[] {
  const found: Instruction[] = [];
  let open = '';
  let startedAt = 0;
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    if (open === '') startedAt = index + 1;
    const isContinued = raw.endsWith('\\');
    open += isContinued ? `${raw.slice(0, -1).trim()} ` : raw.trim();
    if (isContinued) continue;
    found.push(toInstruction(open, startedAt));
    open = '';
  }
  return found;
}

function toInstruction(text: string, line: number): Instruction {
  const [name = '', ...words] = text.split(/\s+/);
  const flags = new Map<string, string>();
  while (words[0]?.startsWith('--') === true) {
    const [flag = '', ...value] = words.shift()?.slice(2).split('=') ?? [];
    flags.set(flag, value.join('='));
  }
  return { line, name: name.toUpperCase(), flags, rest: words.join(' ') };
}
