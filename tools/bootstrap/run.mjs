import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root } from './root.mjs';

/**
 * Runs a command in the checkout and keeps its output to itself unless it fails.
 * @param {string} title what to show on the terminal while it runs
 * @param {string} file
 * @param {readonly string[]} words
 * @param {{ shell?: boolean, cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function quietly(title, file, words, options = {}) {
  const began = performance.now();
  process.stderr.write(`  ${title} … `);
  const { code, output } = await new Promise((resolve, reject) => {
    const child = spawn(file, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ code: exitCode, output: text }));
  });
  if (code !== 0) {
    process.stderr.write('failed\n\n');
    throw new Error(stripVTControlCharacters(output).trim().slice(0, 6_000) || `${file} ended with ${code}`);
  }
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}
