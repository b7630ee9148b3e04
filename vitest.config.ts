import { defineConfig } from 'vitest/config';

// Tests run on sources: workspace packages resolve through their "source" export. Listing 'import' or 'default'
// here would make CommonJS packages such as pg resolve to ESM builds and crash.
const conditions = ['source', 'node'];
const kinds = { unit: ['**/*.test.ts'], int: ['**/*.int.test.ts'] };
const ignore = ['**/node_modules/**', '**/dist/**', 'e2e/**'];

export default defineConfig({
  // Test files stand outside the build's tsconfig, where the transform would otherwise read this from.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: kinds.unit, exclude: [...ignore, ...kinds.int] },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: kinds.int,
          exclude: ignore,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          globalSetup: ['packages/testkit/src/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'journey',
          include: ['e2e/journeys/**/*.e2e.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          globalSetup: ['packages/testkit/src/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'bench',
          include: ['bench/**/*.bench.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          disableConsoleIntercept: true,
          globalSetup: ['bench/setup.ts'],
        },
      },
    ],
  },
});
