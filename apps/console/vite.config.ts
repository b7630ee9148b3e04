import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, runnerImport } from 'vite';

const api = process.env.MUSTER_CONSOLE_PROXY ?? 'http://localhost:8080';

/**
 * A route of the contracts carries the schemas the server validates with; the browser only needs to know where to send
 * what. Loading the routes here and shipping their plain fields keeps zod (26 kB gzip) out of every page that calls
 * something. Types are untouched: the compiler sees the real modules.
 */
const plainRoutes = (): Plugin => ({
  name: 'muster-plain-routes',
  enforce: 'pre',
  async load(id) {
    const file = id.split('?')[0]!;
    if (!/packages\/contracts\/src\/.*\.routes\.ts$/.test(file)) return null;
    const { module, dependencies } = await runnerImport<Record<string, object>>(file);
    for (const dependency of dependencies) this.addWatchFile(dependency);
    return Object.entries(module)
      .map(([name, route]) => {
        const { method, path, match, idempotent } = route as Record<string, unknown>;
        return `export const ${name} = ${JSON.stringify({ method, path, match, idempotent })};`;
      })
      .join('\n');
  },
});

/** What a browser must have before it can show any page, in bytes as they travel. */
const FIRST_LOAD = 180_000;

/** Fails a build whose entry, with everything it imports at once, is more than that. */
const firstLoadBudget = (): Plugin => ({
  name: 'muster-first-load-budget',
  apply: 'build',
  generateBundle(_, bundle) {
    const entries = Object.values(bundle).filter((part) => part.type === 'chunk' && part.isEntry);
    const first = new Set(entries.map(({ fileName }) => fileName));
    let bytes = 0;
    for (const file of first) {
      const part = bundle[file];
      if (part?.type !== 'chunk') continue;
      bytes += gzipSync(part.code).length;
      for (const next of part.imports) first.add(next);
    }
    if (bytes > FIRST_LOAD) this.error(`the first load is ${bytes} bytes with gzip, ${FIRST_LOAD} are allowed`);
    this.info(`the first load is ${bytes} bytes with gzip, ${FIRST_LOAD} are allowed`);
  },
});

export default defineConfig({
  plugins: [plainRoutes(), react(), firstLoadBudget()],
  // Workspace packages are read from their TypeScript sources, so the console never waits for another package's build.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    // The browsers named in docs/architecture.md; older ones lack the CSS the theme relies on.
    target: ['chrome111', 'edge111', 'firefox114', 'safari16.4'],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
  },
  server: { port: 5173, proxy: { '/api': { target: api, changeOrigin: false } } },
  preview: { proxy: { '/api': { target: api, changeOrigin: false } } },
});
