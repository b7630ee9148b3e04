import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '@muster/runtime/embedded/embedded-postgres';
import { isAlive } from '@muster/runtime/embedded/postmaster';
import { assertEventually } from './assert-eventually.js';
import { startTestCluster, type TestCluster } from './cluster.js';

export interface MortalClusterOptions {
  /** Gives the cluster a disk of its own of so many MiB. Needs root and the right to mount. */
  readonly diskMiB?: number;
}

/**
 * A cluster of a test's own that may be killed, frozen and robbed of its disk. A commit is written before it is answered, as
 * in production; it does not wait for the disk, because here only processes die and never the machine.
 */
export class MortalCluster implements AsyncDisposable {
  private constructor(
    readonly cluster: TestCluster,
    private readonly server: EmbeddedPostgres,
    private readonly disk: string | null,
    private readonly ended: () => Promise<void>,
  ) {}

  static async start({ diskMiB }: MortalClusterOptions = {}): Promise<MortalCluster> {
    let disk: string | null = null;
    const settings = { synchronous_commit: 'on', max_wal_size: '64MB', min_wal_size: '32MB' };
    const prepare = (home: string) => {
      if (diskMiB === undefined) return;
      mount(home, diskMiB);
      disk = home;
    };
    const { cluster, server, stop } = await startTestCluster({ settings, prepare });
    return new MortalCluster(cluster, server, disk, stop);
  }

  get port(): number {
    return this.server.port;
  }

  get alive(): boolean {
    return this.server.alive;
  }

  /** `kill -9` for the postmaster and all its backends at once. */
  async kill(): Promise<void> {
    const all = this.#processes();
    for (const pid of all) signal(pid, 'SIGKILL');
    await assertEventually(() => {
      if (all.some(isAlive)) throw new Error('postgres is still alive');
    });
  }

  /** Starts it again on the same port, as a service manager would. */
  async start(): Promise<void> {
    await this.server.start();
  }

  freeze(): void {
    for (const pid of this.#processes()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#processes()) signal(pid, 'SIGCONT');
  }

  /** Leaves not a byte free on the cluster's disk. */
  fillDisk(): void {
    const { bavail, bsize } = statfsSync(this.#disk());
    const ballast = openSync(join(this.#disk(), 'ballast'), 'w');
    const block = Buffer.alloc(bsize);
    try {
      // More than there was: the server gives and takes room meanwhile.
      for (let n = 0; n < 2 * bavail; n++) writeSync(ballast, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(ballast);
    }
  }

  emptyDisk(): void {
    rmSync(join(this.#disk(), 'ballast'), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    if (this.disk === null) return this.ended();
    await this.kill();
    spawnSync('umount', [this.disk]);
    await this.ended();
  }

  #disk(): string {
    if (this.disk === null) throw new Error('this cluster has no disk of its own');
    return this.disk;
  }

  #processes(): number[] {
    const { pid } = this.server;
    return [pid, ...childrenOf(pid)].filter((one) => one > 0);
  }
}

function mount(folder: string, mib: number): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder]);
  if (status === 0) return;
  throw new Error(`a disk of its own for the database needs root and the right to mount: ${stderr?.toString().trim()}`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** proc(5): the parent is the second field after the command, which stands in brackets. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, ppid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}
