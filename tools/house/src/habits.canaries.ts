/** Per habit: a file that breaks it. Kept as text in pieces, so that the canary does not break the habit itself. */
export const habitCanaries: readonly { habit: string; path: string; text: string; offences: number }[] = [
  {
    habit: 'short files',
    path: 'packages/domain/src/a/long.ts',
    text: 'export const a = 1;\n'.repeat(301),
    offences: 1,
  },
  { habit: 'known suffixes', path: 'packages/domain/src/a/a.service.ts', text: '', offences: 1 },
  {
    habit: 'names that say something',
    path: 'apps/api/src/http/string-utils.ts',
    text: 'export class TaskManager {}',
    offences: 2,
  },
  {
    habit: 'no Dto, no I prefix',
    path: 'apps/api/src/a.ts',
    text: 'export class DeviceDto {}\nexport interface IDevice {}',
    offences: 2,
  },
  { habit: 'no barrels', path: 'packages/pki/src/index.ts', text: "export * from './a.js';", offences: 2 },
  { habit: 'named exports', path: 'packages/pki/src/a.ts', text: 'export default 1;', offences: 1 },
  { habit: 'no enums', path: 'packages/pki/src/a.ts', text: 'export const enum Colour { Red }', offences: 1 },
  {
    habit: 'the environment is read in one place',
    path: 'apps/api/src/a.ts',
    text: `const home = process${'.'}env.HOME;`,
    offences: 1,
  },
  {
    habit: 'rules without clock, chance or waiting',
    path: 'packages/domain/src/a.ts',
    text: 'const t = Date.now();\nconst r = Math.random();\nexport async function f() {}',
    offences: 3,
  },
  { habit: 'timers live in schedules', path: 'apps/api/src/a.ts', text: 'setInterval(() => {}, 1000);', offences: 1 },
  {
    habit: 'every test runs',
    path: 'packages/pki/src/a.test.ts',
    text: "test.skip('x', () => {});\nit.only('y', f);",
    offences: 2,
  },
  {
    habit: 'test titles are statements',
    path: 'packages/pki/src/a.test.ts',
    text: "test('it should work', f);",
    offences: 1,
  },
  {
    habit: 'no sleeping in tests',
    path: 'packages/pki/src/a.test.ts',
    text: "import { setTimeout } from 'node:timers/promises';\nawait new Promise((r) => setTimeout(r, 50));",
    offences: 2,
  },
  { habit: 'no mocks of our own code', path: 'packages/pki/src/a.test.ts', text: "vi.mock('./b.js');", offences: 1 },
  {
    habit: 'few collaborators',
    path: 'apps/api/src/a.ts',
    text: `class A {\n  constructor(\n${'abcdef'
      .split('')
      .map((name) => `    private readonly ${name}: X,\n`)
      .join('')}  ) {}\n}`,
    offences: 1,
  },
];
