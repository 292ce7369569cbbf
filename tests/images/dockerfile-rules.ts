import { chainOf, execForm, parseDockerfile, type Instruction, type Stage } from './dockerfile.ts';

/** Where the rule is broken and how it reads to whoever has to mend it. */
export interface DockerfileFault {
  readonly line: number;
  readonly rule: string;
}

interface Context {
  readonly stages: readonly Stage[];
  /** Whether a path of the build context is there. */
  readonly has: (path: string) => boolean;
}

/** What holds for every image of Tidegate; `tests/images/dockerfile.test.ts` breaks each once. */
export function dockerfileFaults(text: string, has: (path: string) => boolean): readonly DockerfileFault[] {
  const stages = parseDockerfile(text);
  const context = { stages, has };
  const faults = stages.flatMap((stage) => [
    ...baseFaults(stage, context),
    ...stage.instructions.flatMap((instruction) => instructionFaults(instruction, context)),
  ]);
  const last = stages.at(-1);
  return last === undefined ? faults : [...faults, ...finalFaults(last, context)];
}

function baseFaults(stage: Stage, { stages }: Context): readonly DockerfileFault[] {
  const isStage = stages.some(({ name, line }) => name === stage.base && line < stage.line);
  return isStage || /:[\w.-]+@sha256:[0-9a-f]{64}$/.test(stage.base)
    ? []
    : [{ line: stage.line, rule: 'a base is a tag with its digest, or an earlier stage' }];
}

/** Rules that a single instruction breaks or keeps: for these names, this text. */
const INSTRUCTION_RULES: readonly { readonly names: RegExp; readonly breaks: (rest: string) => boolean; readonly rule: string }[] = [
  { names: /^ADD$/, breaks: () => true, rule: 'COPY takes the place of ADD' },
  { names: /^(CMD|ENTRYPOINT)$/, breaks: (rest) => execForm(rest) === null, rule: 'commands are in exec form' },
  { names: /^WORKDIR$/, breaks: (rest) => !rest.startsWith('/'), rule: 'a working directory is absolute' },
  {
    names: /^(ENV|ARG)$/,
    breaks: (rest) => /(SECRET|PASSWORD|TOKEN|CREDENTIAL)\w*=/i.test(rest),
    rule: 'no secret lies in an image or its history',
  },
  {
    names: /^RUN$/,
    breaks: (rest) => /\b(curl|wget|sudo)\b|apt-get upgrade/.test(rest),
    rule: 'nothing is fetched past the lock file',
  },
];

function instructionFaults(instruction: Instruction, context: Context): readonly DockerfileFault[] {
  const { line, name, rest } = instruction;
  const broken = INSTRUCTION_RULES.filter(({ names, breaks }) => names.test(name) && breaks(rest)).map(({ rule }) => ({ line, rule }));
  return name === 'COPY' ? [...broken, ...copyFaults(instruction, context)] : broken;
}

function copyFaults({ line, flags, rest }: Instruction, { stages, has }: Context): readonly DockerfileFault[] {
  const from = flags.get('from');
  if (from !== undefined)
    return stages.some((stage) => stage.name === from && stage.line < line) ? [] : [{ line, rule: 'COPY --from names an earlier stage' }];
  const sources = rest.split(/\s+/).slice(0, -1);
  return sources.filter((source) => !has(source)).map((source) => ({ line, rule: `${source} is in the repository` }));
}

/** The stage that a build makes when none is named. */
function finalFaults(last: Stage, { stages }: Context): readonly DockerfileFault[] {
  const chain = chainOf(stages, last);
  const instructions = chain.flatMap((stage) => stage.instructions);
  const faults: DockerfileFault[] = [];
  const require = (holds: boolean, rule: string): void => void (holds || faults.push({ line: last.line, rule }));
  const lastOf = (name: string): string => instructions.findLast((instruction) => instruction.name === name)?.rest ?? '';
  require(/\/distroless\/nodejs24-/.test(chain[0]?.base ?? ''), 'what is shipped has no shell and no package manager');
  require(!instructions.some(({ name }) => name === 'RUN'), 'nothing runs in a stage without a shell');
  // A number, because the kubelet cannot tell whether a name is root.
  require(/^[1-9]\d*(:[1-9]\d*)?$/.test(lastOf('USER')), 'the user is a number other than 0');
  require(execForm(lastOf('ENTRYPOINT'))?.[0] === 'node', 'the entry point is node itself, which then gets the signals');
  require(instructions.some(({ name, rest }) => name === 'ENV' && rest.includes('NODE_ENV=production')), 'NODE_ENV is production');
  return faults;
}
