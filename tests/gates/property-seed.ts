import fc from 'fast-check';

// Set-up file of every test file: property tests draw from one seed, so that what a commit is told does not hang on luck.
// `npm run explore` gives new seeds; a failure names its seed, and TIDEGATE_SEED runs it again.
fc.configureGlobal({ seed: Number(process.env['TIDEGATE_SEED'] ?? 1) });
