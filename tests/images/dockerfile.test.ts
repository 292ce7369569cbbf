import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, SERVICE_FLAGS, serviceFlags } from '@tidegate/native';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { dockerfileFaults } from './dockerfile-rules.ts';
import { chainOf, execForm, parseDockerfile } from './dockerfile.ts';

const text = readFileSync(join(repositoryRoot, 'infra/images/Dockerfile'), 'utf8');
const has = (path: string): boolean => existsSync(join(repositoryRoot, path));
const rulesOf = (changed: string): readonly string[] => dockerfileFaults(changed, has).map(({ rule }) => rule);

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { readonly args?: readonly string[] }[] } } };
}

describe('the Dockerfile', () => {
  it('keeps every rule of the house', () => {
    expect(dockerfileFaults(text, has)).toEqual([]);
  });

  it.each([
    ['a base without digest', /@sha256:6f7b[0-9a-f]+/, '', 'a base is a tag with its digest, or an earlier stage'],
    [
      'a base with a shell',
      /gcr\.io\/distroless\/nodejs24-debian13/,
      'docker.io/node',
      'what is shipped has no shell and no package manager',
    ],
    ['the root user', 'USER 65532:65532', 'USER 0', 'the user is a number other than 0'],
    ['a user by name', 'USER 65532:65532', 'USER nonroot', 'the user is a number other than 0'],
    ['a shell around the command', 'CMD ["services/gateway/src/main.ts"]', 'CMD services/gateway/src/main.ts', 'commands are in exec form'],
    [
      'a wrapper as entry point',
      'ENTRYPOINT ["node",',
      'ENTRYPOINT ["npm",',
      'the entry point is node itself, which then gets the signals',
    ],
    ['a secret', 'ARG REVISION=unknown', 'ARG SIGNING_TOKEN=x', 'no secret lies in an image or its history'],
    ['a folder that is not there', 'COPY patches patches', 'COPY patchwork patches', 'patchwork is in the repository'],
    ['an unknown stage', '--from=packages /app /app', '--from=package /app /app', 'COPY --from names an earlier stage'],
    ['a download', 'RUN mkdir empty', 'RUN curl -O tool', 'nothing is fetched past the lock file'],
    ['an ADD', 'COPY packs packs', 'ADD packs packs', 'COPY takes the place of ADD'],
    ['a relative folder', 'WORKDIR /app', 'WORKDIR app', 'a working directory is absolute'],
    ['a step in the last stage', 'COPY --from=packages /app /app', 'RUN true', 'nothing runs in a stage without a shell'],
    ['settings of development', 'NODE_ENV=production', 'NODE_ENV=development', 'NODE_ENV is production'],
  ])('is refused with %s', (_, found, planted, rule) => {
    const changed = text.replace(found, planted);
    expect(changed).not.toBe(text);
    expect(rulesOf(changed)).toContain(rule);
  });

  it('starts a service as the supervisor does', () => {
    const stages = parseDockerfile(text);
    const last = stages.at(-1);
    const instructions = last === undefined ? [] : chainOf(stages, last).flatMap((stage) => stage.instructions);
    const command = (name: string) => execForm(instructions.findLast((instruction) => instruction.name === name)?.rest ?? '');
    expect(command('ENTRYPOINT')).toEqual(['node', ...SERVICE_FLAGS]);
    expect(command('CMD')).toEqual(['services/gateway/src/main.ts']);
  });

  it.each(['gateway', 'ingest', 'aggregator', 'query'])('starts %s as the supervisor does in a cluster too', (name) => {
    const objects = parseAllDocuments(readFileSync(join(repositoryRoot, 'k8s/deployment.yaml'), 'utf8')).map(
      (one) => one.toJS() as Workload,
    );
    const [container] =
      objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === `tidegate-${name}`)?.spec.template.spec.containers ??
      [];
    expect([...SERVICE_FLAGS, ...(container?.args ?? [])]).toEqual([...serviceFlags(name), `services/${name}/src/main.ts`]);
  });

  it('has the stage that docker-compose.yml builds, with the sample and a folder that its user may write to', () => {
    const compose = parse(readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
      services: Record<string, { build?: { target: string } }>;
    };
    const stage = parseDockerfile(text).find(({ name }) => name === compose.services['gateway']?.build?.target);
    const copies = stage?.instructions.filter(({ name }) => name === 'COPY').map(({ flags, rest }) => [flags.get('chown'), rest]);
    expect(copies).toEqual(
      expect.arrayContaining([
        ['65532:65532', '/app/empty /data'],
        [undefined, 'data/wikipedia data/wikipedia'],
      ]),
    );
  });

  it('finds packages for arm64 wherever there are some for amd64', () => {
    const { packages } = parse(readFileSync(join(repositoryRoot, 'pnpm-lock.yaml'), 'utf8')) as {
      packages: Record<string, { cpu?: readonly string[]; os?: readonly string[]; libc?: readonly string[] }>;
    };
    const forLinux = Object.entries(packages).filter(([, { os, libc }]) => os?.includes('linux') === true && libc?.[0] !== 'musl');
    const namesFor = (cpu: string, word: RegExp): readonly string[] =>
      forLinux.filter(([, of]) => of.cpu?.includes(cpu) === true).map(([name]) => name.replace(word, 'CPU'));
    // The project's own Node is only for machines whose Node is older; the image has its base's.
    const shipped = namesFor('x64', /x64/).filter((name) => /duckdb/.test(name));
    expect(shipped.length).toBeGreaterThan(0);
    expect(namesFor('arm64', /arm64/)).toEqual(expect.arrayContaining([...shipped]));
  });
});
