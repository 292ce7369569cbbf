// Arrows point inward: services → adapters → core. Each rule has a planted violation in tests/gates.
const TESTS = '(\\.test\\.ts|\\.contract\\.ts|\\.drill\\.ts)$|/test/|^packages/testkit/|^tests/|^bench/';

/** A driver of an outside system is imported by the one package that speaks to that system. */
const driver = (name, modules, owner) => ({
  name: `driver-${name}`,
  comment: `Only ${owner} speaks to this system; everything else takes its port.`,
  severity: 'error',
  from: { path: '^(packages|services|infra|scripts)/', pathNot: [`^${owner}/`, TESTS] },
  to: { path: modules.map((module) => `node_modules/${module}/`), dependencyTypesNot: ['type-only'] },
});

module.exports = {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'Core says what things are; it does no input or output.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: TESTS },
      to: { pathNot: ['^packages/core/src/', 'node_modules/(zod|temporal-polyfill|@marcbachmann/cel-js)/'] },
    },
    {
      name: 'adapters-stand-on-core',
      comment: 'An adapter knows core, telemetry and the runtime, never another outside system.',
      severity: 'error',
      from: { path: '^packages/(kafka|postgres|redis|http)/', pathNot: TESTS },
      to: { path: '^(packages/(kafka|postgres|redis|http|sdk|cli)|services)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'nothing-imports-services',
      comment: 'Services are programs: others speak to them over HTTP and topics.',
      severity: 'error',
      from: { path: '^(packages|services|infra)/', pathNot: '^services/([^/]+)/' },
      to: { path: '^services/' },
    },
    {
      name: 'no-service-to-service',
      comment: 'A service learns what another did only from a topic.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'sdk-stands-on-core',
      comment: 'What users embed brings no server code along.',
      severity: 'error',
      from: { path: '^packages/sdk/src/', pathNot: TESTS },
      to: { path: '^(packages|services|infra)/', pathNot: '^packages/(core|sdk)/' },
    },
    driver('kafka', ['kafkajs', '@platformatic/kafka'], 'packages/kafka'),
    driver('postgres', ['pg', 'pg-boss', '@prisma/client', '@prisma/adapter-pg'], 'packages/postgres'),
    driver('redis', ['ioredis'], 'packages/redis'),
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one idea or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing reaches is not part of the program.',
      severity: 'error',
      from: { orphan: true, path: '^(packages|services)/[^/]+/src/', pathNot: ['\\.d\\.ts$', '/(main|index|config)\\.ts$', TESTS] },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'An import that resolves to nothing would make every other rule blind.',
      severity: 'error',
      from: { path: '^(packages|services|infra|scripts)/' },
      to: { couldNotResolve: true, pathNot: 'generated/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/generated/', 'tests/gates/planted/'] },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
