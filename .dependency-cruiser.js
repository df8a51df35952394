/** The house has four floors; an import goes down or stays in its room. Every rule says why. */
const pureLibraries =
  '^(js-yaml|ajv|ajv-formats|@noble/hashes|@marcbachmann/cel-js|re2js|ipaddr.js|diff|picomatch|fastest-levenshtein)(/|$)';

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'A circle means that two modules are one idea cut in the wrong place.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-below-everything',
      comment: 'Decisions are values in, values out; they must be testable without anything outside.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^src/', pathNot: '^src/(domain|../schema)/' },
    },
    {
      name: 'domain-uses-only-pure-libraries',
      comment: 'A library with a clock, a socket or a file in it would smuggle an effect into a decision.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'unknown'],
        pathNot: `node_modules/${pureLibraries.slice(1)}`,
      },
    },
    {
      name: 'flows-see-domain-and-ports',
      comment: "A flow says what happens in the words of the domain; which library does it is the wiring's business.",
      severity: 'error',
      from: { path: '^src/flows/' },
      to: { path: '^src/(adapters|entrypoints|sandbox|main)' },
    },
    {
      name: 'flows-use-no-libraries',
      comment: 'Everything outside reaches a flow through a port.',
      severity: 'error',
      from: { path: '^src/flows/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg'] },
    },
    {
      name: 'adapters-see-domain-and-ports',
      comment: 'An adapter that calls a flow turns the house upside down.',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/(flows/(?!ports/)|entrypoints|sandbox|main)' },
    },
    {
      name: 'adapters-do-not-know-each-other',
      comment: 'Each outside system can be replaced alone.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'octokit-and-probot-stay-at-the-edge',
      comment: "GitHub's client types would otherwise leak into every decision.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(adapters/github|entrypoints/webhooks|sandbox/demo)/' },
      to: { path: 'node_modules/(probot|@octokit)/' },
    },
    {
      name: 'sandbox-speaks-public-protocols',
      comment: 'A fake that shares code with the product would prove only that the product agrees with itself.',
      severity: 'error',
      from: { path: '^src/sandbox/(github|cluster)/' },
      to: { path: '^src/', pathNot: '^src/sandbox/$1' },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts is the wiring; what it wires must not know it.',
      severity: 'error',
      from: {},
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'product-does-not-import-development-tools',
      comment: 'The published package has no development dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'Tests look at the product, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
