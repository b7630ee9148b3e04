// Builds dist/muster-agent.tgz: one file and a package.json, so that `npx URL/muster-agent.tgz` works without a registry.
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { rolldown } from 'rolldown';
import { pack } from 'tar-stream';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const file = 'muster-agent.mjs';

const bundle = await rolldown({
  input: join(here, 'src/main.ts'),
  platform: 'node',
  // Workspace packages are bundled from their sources, so this needs no build before it.
  resolve: { conditionNames: ['source', 'node', 'import', 'default'], extensionAlias: { '.js': ['.ts', '.js'] } },
  // Native speed-ups of the WebSocket library, which the agent does not use.
  external: ['bufferutil', 'utf-8-validate'],
  logLevel: 'warn',
});
await mkdir(dist, { recursive: true });
await bundle.write({
  file: join(dist, file),
  format: 'esm',
  // A stack trace from the field has to say something.
  minify: false,
  banner: '#!/usr/bin/env node',
  codeSplitting: false,
});
await bundle.close();
await chmod(join(dist, file), 0o755);

const { version, license } = JSON.parse(await readFile(join(here, '../../package.json'), 'utf8'));
const about = {
  name: 'muster-agent',
  version,
  license,
  type: 'module',
  bin: { 'muster-agent': file },
  engines: { node: '>=20.19' },
};

const archive = pack();
const writing = pipeline(archive, createGzip({ level: 9 }), createWriteStream(join(dist, 'muster-agent.tgz')));
// A fixed time makes the same sources give the same archive.
const mtime = new Date(0);
archive.entry({ name: 'package/package.json', mtime }, `${JSON.stringify(about, null, 2)}\n`);
archive.entry({ name: `package/${file}`, mode: 0o755, mtime }, await readFile(join(dist, file)));
archive.finalize();
await writing;
await writeFile(join(dist, 'muster-agent.version'), version);
