import { basename } from 'node:path';
import type { SourceFile } from './tree.js';

export interface Habit {
  readonly name: string;
  /** Why, and what to do instead. */
  readonly why: string;
  /** Files the habit is asked of. */
  readonly where: (path: string) => boolean;
  /** What offends in a file, each with enough to find it. */
  readonly offences: (file: SourceFile) => string[];
}

const inRooms = (path: string) => /^(packages|apps|tools)\/[^/]+\/src\//.test(path);
const isTest = (path: string) => /\.(test|spec)\.tsx?$/.test(path);
const isTool = (path: string) => path.startsWith('tools/');
const refused = 'utils?|helpers?|common|shared|misc|manager|base|data|info|impl';
/** Terms of a standard keep their name: EST's renewal-info, X.509's subject public key info. */
const ofStandards = /(renewal|public-?key)-?info$/i;

/** The closed set of suffixes per room; a name without a suffix is a verb phrase or a thing and always fine. */
const suffixes: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^packages\/contracts\//, ['schema', 'routes', 'events', 'jobs']],
  [/^packages\/domain\//, ['machine']],
  [/^packages\/persistence\//, ['entity', 'store']],
  [/^apps\/api\/src\/http\//, ['controller', 'module', 'guard', 'filter', 'interceptor']],
  [/^apps\/api\//, ['controller', 'service', 'resource', 'module', 'guard', 'app', 'harness', 'hub', 'stream']],
  [
    /^apps\/worker\//,
    ['consumer', 'processor', 'module', 'service', 'publisher', 'port', 'transport', 'schedule', 'harness'],
  ],
  [/^apps\/console\//, ['page', 'panel', 'queries', 'module']],
  [/^packages\/(runtime|ingest)\//, ['module']],
  [/^tools\/house\//, ['canaries']],
];

/** Lines that match, as `line: text`; comments and strings count, so patterns are written to need code. */
const lines = (pattern: RegExp) => (file: SourceFile) =>
  file.text.split('\n').flatMap((line, n) => {
    const code = line.replace(/^\s*(\/\/|\*|\/\*).*/, '');
    return pattern.test(code) ? [`${n + 1}: ${line.trim()}`] : [];
  });

export const habits: readonly Habit[] = [
  {
    name: 'short files',
    why: 'Aim for 150 lines; past 300 a file has two subjects and is split by sub-noun.',
    where: inRooms,
    offences: ({ text }) => (text.split('\n').length > 301 ? [`${text.split('\n').length - 1} lines`] : []),
  },
  {
    name: 'known suffixes',
    why: 'A suffix says which of the shapes of this room a file is; the set is closed.',
    where: (path) => inRooms(path) && !isTest(path) && !path.endsWith('.d.ts'),
    offences: ({ path }) => {
      const allowed = suffixes.find(([room]) => room.test(path))?.[1] ?? [];
      const suffix = basename(path).split('.').slice(1, -1).join('.');
      return suffix === '' || allowed.includes(suffix)
        ? []
        : [`.${suffix} is not one of ${allowed.join(', ') || 'none'}`];
    },
  },
  {
    name: 'names that say something',
    why: 'A name such as helper or manager says that something is there, not what.',
    where: inRooms,
    offences: ({ path, text }) => {
      const stem = basename(path).split('.')[0]!;
      const file = new RegExp(`(^|-)(${refused})$`).test(stem) && !ofStandards.test(stem) ? [basename(path)] : [];
      const names = [...text.matchAll(/export (?:abstract )?(?:class|function|const|interface|type) (\w+)/g)];
      const last = new RegExp(`^(${refused})$`, 'i');
      const word = (name: string) => name.replace(/^.*?([A-Z]?[a-z0-9]+|[A-Z]+)$/, '$1');
      return [
        ...file,
        ...names
          .map(([, name]) => name!)
          .filter((name) => last.test(word(name)) && !/^[A-Z_]+$/.test(name) && !ofStandards.test(name)),
      ];
    },
  },
  {
    name: 'no Dto, no I prefix',
    why: 'A contract schema, a fact or a row: the three shapes have plain names.',
    where: inRooms,
    offences: lines(/export (class|interface|type) (\w+Dto|I[A-Z][a-z]\w*)\b(?<!\b(In|Id|Is|It)\w*)/),
  },
  {
    name: 'no barrels',
    why: 'Import by file; a barrel hides where things are and pulls in what is not needed.',
    where: inRooms,
    offences: (file) => [
      ...(/^index\.tsx?$/.test(basename(file.path)) ? ['index file'] : []),
      ...lines(/^export \*/)(file),
    ],
  },
  {
    name: 'named exports',
    why: 'A default export is renamed at every import. Entry points of other tools are configuration.',
    where: (path) => inRooms(path) && !/global-setup\.ts$|\.config\.ts$/.test(path),
    offences: lines(/^export default/),
  },
  {
    name: 'no enums',
    why: 'A tuple and its union type need no code at run time and check like the database does.',
    where: inRooms,
    offences: lines(/^\s*(export )?(declare )?(const )?enum \w/),
  },
  {
    name: 'the environment is read in one place',
    why: 'runtime/config knows every setting; a second reader is a setting nobody documents.',
    where: (path) =>
      inRooms(path) &&
      !isTest(path) &&
      !isTool(path) &&
      !/^packages\/(runtime\/src\/config\/|testkit\/|(device-agent|fleet-sim)\/src\/main\.ts$)/.test(path),
    offences: lines(/process\.env/),
  },
  {
    name: 'rules without clock, chance or waiting',
    why: 'A rule is told `now`; it decides and returns.',
    where: (path) => path.startsWith('packages/domain/src/') && !isTest(path),
    offences: lines(
      /\basync\b|\bawait\b|\bPromise\b|Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|setInterval|\bfetch\(|randomUUID/,
    ),
  },
  {
    name: 'timers live in schedules',
    why: 'Repeated work belongs to worker/schedules, where it is seen, stopped and tested.',
    where: (path) =>
      inRooms(path) &&
      !isTest(path) &&
      !/^(apps\/worker\/src\/(schedules|gateway)|packages\/(device-agent|fleet-sim|testkit)|apps\/console)\//.test(
        path,
      ),
    offences: lines(/\bsetInterval\(/),
  },
  {
    name: 'every test runs',
    why: 'A skipped test is a promise nobody keeps; one marked only hides the others.',
    where: (path) => isTest(path) && !isTool(path),
    offences: lines(/\b(it|test|describe)\.(skip|only|todo|fails)\b/),
  },
  {
    name: 'test titles are statements',
    why: 'Say what happens.',
    where: isTest,
    offences: lines(/\b(it|test|describe)(\.\w+)*\(\s*['"`][^'"`]*\bshould\b/),
  },
  {
    name: 'no sleeping in tests',
    why: 'assertEventually waits as long as it must and no longer; a fake clock does not wait at all.',
    where: (path) => /\.(test|spec)\.tsx?$/.test(path),
    offences: lines(/timers\/promises|new Promise\(\(?\w*\)? ?=> ?setTimeout|waitForTimeout\(/),
  },
  {
    name: 'no mocks of our own code',
    why: 'A port at the edge of the world may be faked; a mocked module proves only the mock.',
    where: (path) => isTest(path) && !isTool(path),
    offences: lines(/\bvi\.(mock|doMock|hoisted)\(/),
  },
  {
    name: 'few collaborators',
    why: 'A constructor with more than five collaborators does more than one thing.',
    where: (path) => inRooms(path) && !isTest(path),
    offences: ({ text }) =>
      [...text.matchAll(/constructor\(([^{]*?)\)\s*(?::[^{]*)?\{/gs)]
        .map(
          ([, list]) =>
            (list ?? '')
              .split('\n')
              .join(' ')
              .match(/(?:private|protected|public|readonly) [^,]*/g)?.length ?? 0,
        )
        .filter((count) => count > 5)
        .map((count) => `${count} collaborators`),
  },
];
