import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** What the tests talk to and npm does not bring: Debian package, program or file of it, and the suites that need it. */
const requirements = [
  { package: 'mosquitto', program: 'mosquitto', suites: ['int', 'journey'] },
  { package: 'mosquitto-clients', program: 'mosquitto_pub', suites: ['int', 'journey'] },
  { package: 'mbpoll', program: 'mbpoll', suites: ['int', 'journey'] },
  { package: 'redis-server', program: 'redis-server', suites: ['int', 'journey'] },
  { package: 'postgresql-15', program: '/usr/lib/postgresql/15/bin/postgres', suites: ['journey'] },
  // The S3-compatible store that Debian has.
  { package: 'python3-swift', program: '/usr/lib/python3/dist-packages/swift/__init__.py', suites: ['int', 'journey'] },
  { package: 'git', program: 'git', suites: ['format', 'unit'] },
  { package: 'openssl', program: 'openssl', suites: ['unit', 'int', 'journey'] },
  // Other people's PKI: what checks our certificates, lists, answers and doors.
  { package: 'gnutls-bin', program: 'certtool', suites: ['unit', 'int', 'journey'] },
  { package: 'strongswan-pki', program: 'pki', suites: ['int', 'journey'] },
  { package: 'curl', program: 'curl', suites: ['int', 'journey'] },
  // Only recommended by strongswan-pki, and elliptic curves come with it.
  {
    package: 'libstrongswan-standard-plugins',
    program: '/usr/lib/ipsec/plugins/libstrongswan-openssl.so',
    suites: ['int', 'journey'],
  },
  // pki --est and --verify --online fetch by curl.
  {
    package: 'libstrongswan-extra-plugins',
    program: '/usr/lib/ipsec/plugins/libstrongswan-curl.so',
    suites: ['int', 'journey'],
  },
  { package: 'libnss3-tools', program: 'certutil', suites: ['unit', 'int', 'journey'] },
  { package: 'softhsm2', program: 'softhsm2-util', suites: ['int'] },
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
  withoutServices(() => {
    for (const words of ['apt-get update', command]) {
      const [file, ...rest] = words.split(' ');
      const { status, stderr } = spawnSync(file, rest, { env: environment, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${words} failed:\n${stderr}`);
    }
  });
}

const policy = '/usr/sbin/policy-rc.d';

/** The tests run these servers themselves; Debian would also start them for the machine, on their usual ports. */
function withoutServices(install) {
  if (existsSync(policy)) return install();
  // 101: action forbidden by policy (invoke-rc.d's interface to policy-rc.d).
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy);
  }
}

function isThere(program) {
  if (isAbsolute(program)) return existsSync(program);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
