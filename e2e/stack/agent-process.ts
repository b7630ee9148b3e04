import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The machine's own Node and npx, as on a device: the tests themselves run on a newer one from the workspace. */
const machinePath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

/** The agent as a person starts it: the command from the console, in a fresh folder, outside the workspace. */
export class AgentProcess {
  #told = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#told += bytes.toString();
      });
  }

  /** Runs `command` (`npx URL --url … --token …`) with further words behind it. */
  static start(command: string, ...words: string[]): AgentProcess {
    return AgentProcess.startIn(mkdtempSync(join(tmpdir(), 'muster-gateway-')), command, ...words);
  }

  /** The same on a machine that has run one before, or that holds files of its own. */
  static startIn(folder: string, command: string, ...words: string[]): AgentProcess {
    const [program, ...given] = command.split(' ');
    const child = spawn(program!, ['--yes', ...given, '--state', join(folder, 'state'), '--verbose', ...words], {
      cwd: folder,
      // A cache of its own: npx would otherwise run what an earlier test left under the same address.
      env: { PATH: machinePath, HOME: folder, npm_config_cache: join(folder, 'npm') },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npx does not hand signals on, so the whole group is told, as a terminal does on Ctrl-C.
      detached: true,
    });
    return new AgentProcess(child, folder);
  }

  /** Everything it printed. */
  get told(): string {
    return this.#told;
  }

  /** The exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  /** The power goes: `kill -9` of everything it started. Its folder stays. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'close');
    process.kill(-this.child.pid!, 'SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'close');
      process.kill(-this.child.pid!, 'SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
