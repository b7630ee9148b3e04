import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestToken {
  readonly library: string;
  readonly token: string;
  readonly pin: string;
  /** Folder of pkcs11js. */
  readonly packagePath: string;
  /** Folder in which the token lies; moving it away is unplugging the token. */
  readonly tokens: string;
  /** What the token cannot do, e.g. CKM_EDDSA, from its next C_Initialize on. */
  configure(...without: readonly string[]): void;
  remove(): void;
}

const LIBRARY = '/usr/lib/softhsm/libsofthsm2.so';
const VERSION = '2.1.7';

/**
 * A SoftHSM 2 token of the test's own, and pkcs11js compiled for it in a scratch folder. SoftHSM reads its settings from
 * the environment of this process when it is first loaded: one token a process.
 */
export const testToken = (): TestToken => {
  if (!existsSync(LIBRARY)) throw new Error(`${LIBRARY} is missing: apt-get install softhsm2`);
  const folder = mkdtempSync(join(tmpdir(), 'muster-pkcs11-'));
  const tokens = join(folder, 'tokens');
  mkdirSync(tokens);
  const settings = join(folder, 'softhsm2.conf');
  const configure = (...without: readonly string[]) => {
    // One list: a leading minus takes all that follow away from everything (softhsm2.conf(5)).
    const mechanisms = without.length === 0 ? '' : `slots.mechanisms = -${without.join(',')}\n`;
    writeFileSync(settings, `directories.tokendir = ${tokens}\nlog.level = ERROR\n${mechanisms}`);
  };
  configure();
  process.env.SOFTHSM2_CONF = settings;
  const [token, pin] = ['muster-test', '98765432'];
  execFileSync('softhsm2-util', ['--init-token', '--free', '--label', token, '--pin', pin, '--so-pin', pin]);
  const packagePath = compilePackage(folder);
  const remove = () => rmSync(folder, { recursive: true });
  return { library: LIBRARY, token, pin, packagePath, tokens, configure, remove };
};

/** Compiles against the headers that stand beside this Node: its npm package brings them, so nothing else is fetched. */
const compilePackage = (folder: string): string => {
  const nodeFolder = dirname(dirname(process.execPath));
  if (!existsSync(join(nodeFolder, 'include/node/node_api.h')))
    throw new Error(
      `no headers of Node in ${nodeFolder}/include/node: run with the Node of the lockfile, or install them`,
    );
  for (const [tool, from] of [
    ['make', 'make'],
    ['c++', 'g++'],
    ['python3', 'python3'],
  ] as const)
    if (spawnSync(tool, ['--version']).error) throw new Error(`${tool} is missing: apt-get install ${from}`);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { pkcs11js: true } }));
  const words = [
    'install',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    `pkcs11js@${VERSION}`,
  ];
  const env = { ...process.env, npm_config_nodedir: nodeFolder };
  const run = spawnSync('npm', words, { cwd: folder, env, encoding: 'utf8' });
  const packagePath = join(folder, 'node_modules/pkcs11js');
  if (run.status !== 0 || !existsSync(join(packagePath, 'build/Release/pkcs11.node')))
    throw new Error(`pkcs11js could not be installed and compiled:\n${run.error ?? ''}${run.stdout}${run.stderr}`);
  return packagePath;
};
