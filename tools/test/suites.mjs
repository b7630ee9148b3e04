import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../bootstrap/root.mjs';

const reports = join(root, 'test-results');

/** One tool that says yes or no. */
export async function check(name, script, words) {
  const { code, seconds } = await run(name, [script, ...words], { minutes: 5 });
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, seconds };
}

/** One vitest project, counted from its JSON report. */
export async function vitest(project, { minutes, workers }) {
  const report = join(reports, `${project}.json`);
  const { code, seconds } = await run(
    project,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...(workers ? [`--maxWorkers=${workers}`] : []),
      ...['--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { minutes },
  );
  if (!existsSync(report)) return { name: project, passed: 0, failed: 1, seconds };
  const { numPassedTests: passed, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  // A file that cannot even be loaded has no test that could fail.
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  return { name: project, passed, failed: atLeastOne(numFailedTests + unloaded, code), seconds };
}

/** The browser specs, counted from Playwright's JSON report. */
export async function playwright({ minutes }) {
  const specs = join(root, 'e2e/browser');
  if (!existsSync(specs) || !readdirSync(specs).some((name) => name.endsWith('.spec.ts'))) {
    return { name: 'browser', passed: 0, failed: 0, seconds: 0 };
  }
  const { code, seconds } = await run('browser', [join(root, 'node_modules/playwright/cli.js'), 'test'], { minutes });
  const report = join(reports, 'browser.json');
  if (!existsSync(report)) return { name: 'browser', passed: 0, failed: 1, seconds };
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  return { name: 'browser', passed: stats.expected + stats.flaky, failed: atLeastOne(stats.unexpected, code), seconds };
}

/** A run that ended badly without a failed test (an unhandled error, a timeout) is a failure all the same. */
const atLeastOne = (failed, code) => (code === 0 ? failed : Math.max(failed, 1));

function run(name, words, { minutes }) {
  mkdirSync(reports, { recursive: true });
  console.log(`\n── ${name}`);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    const late = setTimeout(() => {
      console.error(`${name} took longer than ${minutes} minutes`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    }, minutes * 60_000);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(late);
      resolve({ code: code ?? 1, seconds: (performance.now() - began) / 1000 });
    });
  });
}
