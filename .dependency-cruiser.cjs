/**
 * Which way the arrows point. The house is drawn in docs/architecture.md; a rule here has a canary in
 * tools/house/canaries that breaks it once.
 */
const doors = '^(apps/[^/]+|packages/(device-agent|fleet-sim))/';
const words = '^packages/contracts/';
const rules = '^packages/domain/';
const craft = '^packages/(pki|telemetry)/';
const memory = '^packages/persistence/';
const chassis = '^packages/runtime/';
const ingest = '^packages/ingest/';
const tests = '(\\.(test|spec|harness)\\.tsx?$|^packages/testkit/|^e2e/|^bench/)';
const anyWorkspace = '^(packages|apps|tools|e2e|bench)/';
const anyPackage = 'node_modules/';

/** Slices of the server doors, and the written, acyclic list of who may look at whom beside access, audit and outbox. */
const everySliceMayUse = 'access|audit|outbox|http|device-door|live|gateway|schedules';
const edges = {
  campaigns: 'releases|devices|configs|telemetry|commands',
  alerts: 'telemetry|devices',
  configs: 'devices',
  commands: 'devices',
  enrollment: 'devices|certificates|trust',
  certificates: 'devices|trust',
  devices: 'certificates',
  releases: 'trust',
};
const slices = [
  'devices',
  'enrollment',
  'certificates',
  'trust',
  'configs',
  'commands',
  'releases',
  'campaigns',
  'telemetry',
  'notifications',
  'executions',
  'twins',
  'alerts',
];

const only = (name, comment, from, allowed, fromNot = tests) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: fromNot },
  to: { path: anyWorkspace, pathNot: allowed },
});

const keep = (name, comment, library, homes) => ({
  name,
  comment,
  severity: 'error',
  from: { path: anyWorkspace, pathNot: [homes, tests] },
  to: { path: `node_modules/(${library})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Modules that need each other are one module in two files.',
      severity: 'error',
      from: { pathNot: tests },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('words-know-nobody', 'Contracts are the top of the list.', words, words),
    {
      name: 'words-import-only-zod',
      comment: 'Contracts run in the browser, on devices and on servers alike.',
      severity: 'error',
      from: { path: words, pathNot: tests },
      to: { path: anyPackage, pathNot: 'node_modules/zod/' },
    },
    only('rules-know-words', 'Rules see words only.', rules, [rules, words]),
    {
      name: 'rules-are-pure',
      comment:
        'No library and no part of Node: rules have no I/O, no clock and no chance. The one exception counts calendar days in time zones, which nobody should do by hand; its clock is not used.',
      severity: 'error',
      from: { path: rules, pathNot: tests },
      to: { pathNot: [anyWorkspace, 'node_modules/temporal-polyfill/'] },
    },
    only('pki-knows-words-and-rules', 'One craft does not need the other.', '^packages/pki/', [
      '^packages/pki/',
      words,
      rules,
    ]),
    only('telemetry-knows-words-and-rules', 'One craft does not need the other.', '^packages/telemetry/', [
      '^packages/telemetry/',
      words,
      rules,
    ]),
    only('memory-looks-up', 'Persistence knows words, rules and craft.', memory, [memory, words, rules, craft]),
    only('chassis-knows-no-feature', 'The chassis knows the database door and nothing of what is in it.', chassis, [
      chassis,
      words,
      '^packages/persistence/(src|dist)/(database|migrate|transaction)\\.',
    ]),
    only('ingest-looks-up', 'What every server door takes messages in by knows everything above the doors.', ingest, [
      ingest,
      words,
      rules,
      craft,
      memory,
      chassis,
    ]),
    {
      name: 'doors-do-not-meet',
      comment:
        'A door never imports another; what two doors share belongs higher up. The simulators run the agent itself.',
      severity: 'error',
      from: { path: '^(apps/[^/]+|packages/device-agent)/', pathNot: tests },
      to: { path: doors, pathNot: '^$1/' },
    },
    {
      name: 'simulators-know-the-agent',
      comment: 'The one written exception to doors that do not meet.',
      severity: 'error',
      from: { path: '^packages/fleet-sim/', pathNot: tests },
      to: { path: doors, pathNot: '^packages/(fleet-sim|device-agent)/' },
    },
    only('agent-is-light', 'The agent runs on devices: words, rules and craft only.', '^packages/device-agent/', [
      '^packages/device-agent/',
      words,
      rules,
      craft,
    ]),
    only('console-is-light', 'The console runs in the browser: words and rules only.', '^apps/console/', [
      '^apps/console/',
      words,
      rules,
    ]),
    {
      name: 'workshop-is-for-tests',
      comment: 'Nothing that ships may need the test kit.',
      severity: 'error',
      from: { path: anyWorkspace, pathNot: [tests, '^tools/house/'] },
      to: { path: '^packages/testkit/' },
    },
    keep(
      'sql-has-one-home',
      'Only persistence talks SQL; the others named bring a server up or copy it.',
      'pg|typeorm',
      [memory, '^packages/runtime/src/(embedded|queues)/', '^tools/launcher/'].join('|'),
    ),
    keep(
      'mqtt-has-one-home',
      'MQTT stays in the gateway, the agent’s link and ports, and the simulators.',
      'mqtt|mqtt-packet|aedes',
      ['^apps/worker/src/gateway/', '^packages/device-agent/src/(link|ports)/', '^packages/fleet-sim/'].join('|'),
    ),
    ...slices.map((slice) => {
      const allowed = [slice, everySliceMayUse, edges[slice]].filter(Boolean).join('|');
      return {
        name: `slice-${slice}`,
        comment: `The slice ${slice} sees its own folder and ${allowed.replaceAll('|', ', ')}.`,
        severity: 'error',
        from: { path: `^apps/(api|worker)/src/${slice}/`, pathNot: tests },
        to: { path: '^apps/(api|worker)/src/[^/]+/', pathNot: `^apps/(api|worker)/src/(${allowed})/` },
      };
    }),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // Tests may look anywhere; the parser also does not know `using`, which they use.
    exclude: { path: '(^|/)dist/|node_modules/\\.|^tools/house/canaries/|\\.(test|spec)\\.tsx?$' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.node'],
    },
  },
};
