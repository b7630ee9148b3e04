import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the tests talk to and npm does not bring: Debian package, program, and the suites that need it. */
const requirements = [
  { package: 'mosquitto', program: 'mosquitto', suites: ['int', 'journey'] },
  { package: 'mosquitto-clients', program: 'mosquitto_pub', suites: ['int', 'journey'] },
  { package: 'mbpoll', program: 'mbpoll', suites: ['int', 'journey'] },
  { package: 'docker-compose', program: 'docker-compose', suites: ['unit'] },
  { package: 'chromium', program: 'chromium', suites: ['journey', 'browser'] },
];

/**
 * Installs what is missing where that is ours to do (root on Debian).
 * @param {readonly string[]} suites the suites about to run
 * @throws Error naming package and command everywhere else
 */
export function fetchRequirements(suites) {
  const missing = requirements
    .filter((one) => one.suites.some((suite) => suites.includes(suite)) && !isThere(one.program))
    .map((one) => one.package);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    throw new Error(`The tests need ${missing.join(', ')}. On Debian, as root: ${command}`);
  }
  console.log(`installing ${missing.join(', ')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of ['apt-get update', command]) {
    const [file, ...rest] = words.split(' ');
    const { status, stderr } = spawnSync(file, rest, { env: environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${words} failed:\n${stderr}`);
  }
}

function isThere(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
