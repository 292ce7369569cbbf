// Rules that oxlint does not have. Plain JavaScript, because oxlint loads plugins in whatever Node it finds.

/** `new Date()` and `Date()` read the clock without saying so; `no-restricted-properties` sees only `Date.now`. */
const noArglessDate = {
  create(context) {
    const report = (node) => {
      const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date';
      if (isDate && node.arguments.length === 0)
        context.report({ node, message: 'Take a Clock and call nowMs(): new Date() hides the time it depends on.' });
    };
    return { NewExpression: report, CallExpression: report };
  },
};

/** A cast to `any` by way of a double assertion defeats the type checker; a decoder or a schema says what a value is. */
const noDoubleAssertion = {
  create(context) {
    return {
      TSAsExpression(node) {
        if (node.expression.type === 'TSAsExpression')
          context.report({ node, message: 'Parse the value instead of asserting its type twice.' });
      },
    };
  },
};

const SKIPS = new Set(['skip', 'skipIf', 'runIf', 'todo', 'only']);
const TESTERS = new Set(['test', 'it', 'describe']);

/** A skipped test is a failed test: the suite counts skips, and this tells already in the editor. */
const noSkippedTest = {
  create(context) {
    return {
      MemberExpression(node) {
        const isTester = node.object.type === 'Identifier' && TESTERS.has(node.object.name);
        if (isTester && node.property.type === 'Identifier' && SKIPS.has(node.property.name)) {
          context.report({ node, message: 'A test runs or is deleted; a skipped one proves nothing.' });
        }
      },
    };
  },
};

const PATIENCE_MS = 20_000;
/** Whether the call must say how long it waits: vitest's settings give only `expect.poll` its patience. */
const WAITS = new Map([
  ['expect.poll', false],
  ['vi.waitFor', true],
  ['vi.waitUntil', true],
]);

/** A fact that is polled for comes late on a busy machine; a test that gives up sooner is red by luck. */
const patientWaits = {
  create(context) {
    return {
      CallExpression(node) {
        const mustSay = WAITS.get(`${node.callee.object?.name}.${node.callee.property?.name}`);
        if (mustSay === undefined) return;
        const timeout = node.arguments[1]?.properties?.find((member) => member.key?.name === 'timeout');
        const isShort = timeout === undefined ? mustSay : !(timeout.value.value >= PATIENCE_MS);
        if (isShort) context.report({ node, message: `Wait for at least ${PATIENCE_MS} ms: waiting ends with the fact.` });
      },
    };
  },
};

const BLOCKING_MODULES = new Set(['node:fs', 'node:child_process', 'fs', 'child_process']);

/** One process answers many: while it waits for a disk or another process in place, nobody is answered. */
const noBlocking = {
  create(context) {
    return {
      ImportDeclaration(node) {
        if (!BLOCKING_MODULES.has(node.source.value)) return;
        for (const specifier of node.specifiers) {
          const name = specifier.imported?.name ?? '*';
          if (name === '*' || name.endsWith('Sync'))
            context.report({
              node: specifier,
              message: `Import what waits without blocking (node:fs/promises, spawn) in place of ${name}.`,
            });
        }
      },
    };
  },
};

const plugin = {
  meta: { name: 'tidegate' },
  rules: {
    'no-argless-date': noArglessDate,
    'no-blocking': noBlocking,
    'no-double-assertion': noDoubleAssertion,
    'no-skipped-test': noSkippedTest,
    'patient-waits': patientWaits,
  },
};

// The plugin interface asks for a default export.
export default plugin;
