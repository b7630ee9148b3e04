import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const api = process.env.MUSTER_CONSOLE_PROXY ?? 'http://localhost:8080';

export default defineConfig({
  plugins: [react()],
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
