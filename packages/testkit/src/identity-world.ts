import { createHash, X509Certificate } from 'node:crypto';
import { enroll } from '@muster/device-agent/identity/enroll';
import { IdentityKeeping } from '@muster/device-agent/identity/identity-keeping';
import { IdentityStore } from '@muster/device-agent/identity/identity-store';
import { EnrollmentRefused, Unavailable } from '@muster/device-agent/identity/read-answer';
import type { WayIn } from '@muster/device-agent/identity/way-in';
import { Backoff } from '@muster/device-agent/link/backoff';
import { Link } from '@muster/device-agent/link/link';
import { type Clock, pause } from '@muster/device-agent/ports/clock';
import type { Files } from '@muster/device-agent/ports/files';
import type { Log } from '@muster/device-agent/ports/log';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import type { HttpAnswer, HttpRequest, MqttOptions, MqttSession, Net } from '@muster/device-agent/ports/net';
import { FakeClock } from './fake-clock.js';
import { type IdentityAuthorities, IdentityServer, numberIn } from './identity-server.js';

/** As a real disk: a file removed shortly before the power failed may be back afterwards. */
class Disk extends MemoryFiles {
  readonly #removed = new Map<string, Buffer>();

  override async replace(path: string, content: Uint8Array | string): Promise<void> {
    // Replacing syncs the folder, and with it what was removed there.
    this.#removed.clear();
    await super.replace(path, content);
  }

  override async remove(path: string): Promise<void> {
    const content = await this.read(path);
    if (content) this.#removed.set(path, content);
    await super.remove(path);
  }

  async bringBack(): Promise<void> {
    for (const [path, content] of [...this.#removed]) await super.replace(path, content);
    this.#removed.clear();
  }
}

const never = () => new Promise<never>(() => {});
/** Lets everything happen that waits for nothing but its turn, signatures on other threads included. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * One device's identity over a model server in virtual time: store, renewal, trust and link as the agent has them. Its power
 * fails at chosen points: before and after every write, before a request leaves and after it was answered.
 */
export class IdentityWorld {
  readonly clock = new FakeClock('2026-06-01T00:00:00.000Z');
  readonly disk = new Disk();
  readonly server: IdentityServer;
  readonly reports: Record<string, unknown>[] = [];
  readonly told: string[] = [];
  readonly sessions: string[] = [];
  /** Power fails at these points, counted from the start of the world. */
  cuts: number[] = [];
  points = 0;
  boots = 0;
  /** What the device's own clock is off by, in milliseconds. */
  clockOffsetMs = 0;
  offline = false;
  brokerDown = false;
  wayIn: WayIn;
  refusedWith: string | null = null;
  store: IdentityStore | null = null;
  keeping: IdentityKeeping | null = null;
  #link: Link | null = null;
  #answering = 0;
  #life: { dead: boolean } = { dead: true };

  constructor(authorities: IdentityAuthorities) {
    this.server = new IdentityServer(this.clock, authorities);
    this.wayIn = { token: this.server.token };
  }

  get online(): boolean {
    return this.#link?.online ?? false;
  }

  /** Starts the device, as after power came back. */
  boot(): void {
    this.boots++;
    const life = { dead: false };
    this.#life = life;
    this.store = null;
    this.keeping = null;
    void this.#live(life).catch((error: unknown) => {
      if (!life.dead) this.told.push(`crashed: ${(error as Error).message}`);
    });
  }

  /** The power goes now. */
  async cut(): Promise<void> {
    this.end();
    await this.disk.bringBack();
  }

  /** The process ends now; the disk has everything it was told. */
  end(): void {
    this.#life.dead = true;
    this.#link = null;
  }

  /** Passes time, starting the device again after each cut, until `done` or `steps` are over. Says whether it was done. */
  async run(done: () => boolean, { steps = 400, stepMs = 30_000 } = {}): Promise<boolean> {
    for (let step = 0; step < steps; step++) {
      // What the server signs is signed on another thread, which takes its real time.
      for (let n = 0; n < 12 || this.#answering > 0; n++) await turn();
      if (this.#life.dead) this.boot();
      else if (done()) return true;
      this.clock.advance(stepMs);
    }
    return done();
  }

  /** Whether the device is in with a certificate it has proved, and nothing is under way. */
  settled(): boolean {
    const { store } = this;
    if (!store || store.renewing || !this.online) return false;
    const fingerprint = fingerprintOf(store.identity.certificate);
    return this.server.rows.some((row) => row.fingerprint === fingerprint && row.state === 'active');
  }

  async #live(life: { dead: boolean }): Promise<void> {
    const files = this.#filesOf(life);
    const net = this.#netOf(life);
    const clock = this.#clockOf(life);
    let drawn = this.boots;
    // Any even spread will do; a fixed one makes a failure repeat.
    const random = () => {
      drawn = (drawn * 7919 + 104_729) % 65_536;
      return drawn / 65_536;
    };
    const say = (message: string, facts?: object) => {
      if (!life.dead) this.told.push(facts ? `${message} ${JSON.stringify(facts)}` : message);
    };
    const log: Log = { info: say, warn: say };
    const store = (await IdentityStore.open(files)) ?? (await this.#enroll(files, net, clock));
    if (store === null) return;
    let number = 0;
    const numbering = { epoch: this.boots, next: async () => ++number };
    const link = new Link(
      { net, clock, log, backoff: new Backoff(random, { baseMs: 1000, capMs: 60_000, stableMs: 60_000 }) },
      store,
      {
        up: () => void greet(),
        down: () => undefined,
        message: () => undefined,
      },
      () => ({}),
    );
    /** The server acknowledges the first heartbeat of a session and tells which bundle is in force. */
    const greet = async () => {
      if (!(await link.publish('heartbeat', '{}'))) return;
      await keeping.acknowledged();
      const jws = this.server.bundles.at(-1);
      if (jws !== undefined) await keeping.obey({ schemaVersion: 1, bundle: numberIn(jws), jws });
    };
    const publish = async (payload: string) => {
      this.reports.push(JSON.parse(payload) as Record<string, unknown>);
      return true;
    };
    const reconnect = (reason: string) => link.reconnect(reason);
    const keeping: IdentityKeeping = new IdentityKeeping({ clock, net, log, random }, store, {
      numbering: numbering as never,
      publish,
      reconnect,
    });
    if (life.dead) return;
    this.store = store;
    this.keeping = keeping;
    this.#link = link;
    keeping.renewal.start();
    link.start();
  }

  async #enroll(files: Files, net: Net, clock: Clock): Promise<IdentityStore | null> {
    const device = { model: 'gw', serial: 'S-1', url: 'https://muster.test:8443', agentVersion: '0' };
    for (;;) {
      try {
        return await IdentityStore.create(files, await enroll({ files, net }, { ...device, ...this.wayIn }));
      } catch (error) {
        if (error instanceof EnrollmentRefused) {
          this.refusedWith = error.code;
          return null;
        }
        await pause(clock, (error instanceof Unavailable && error.retryAfterMs) || 5_000);
      }
    }
  }

  /** One point at which power may fail. Never comes back when it does. */
  async #point(life: { dead: boolean }): Promise<void> {
    if (life.dead) return never();
    if (!this.cuts.includes(++this.points)) return;
    await this.cut();
    return never();
  }

  #filesOf(life: { dead: boolean }): Files {
    const changing = new Set(['replace', 'remove', 'truncate']);
    return new Proxy(this.disk, {
      get: (disk, name: keyof Files) => async (path: string, content: string) => {
        if (!changing.has(name)) return life.dead ? never() : disk[name](path, content as never);
        await this.#point(life);
        await disk[name](path, content as never);
        await this.#point(life);
      },
    });
  }

  #clockOf(life: { dead: boolean }): Clock {
    return {
      now: () => new Date(this.clock.now().getTime() + this.clockOffsetMs),
      monotonic: () => this.clock.monotonic(),
      after: (ms, callback) => this.clock.after(ms, () => life.dead || callback()),
    };
  }

  #netOf(life: { dead: boolean }): Net {
    return {
      pinnedRoot: async () => (life.dead ? never() : this.server.root),
      request: async (request: HttpRequest) => {
        await this.#point(life);
        if (this.offline) throw new Error('no network');
        const { pathname, search } = new URL(request.url);
        const { certificate } = request.tls;
        this.#answering++;
        const answering = this.server.answer({
          path: pathname + search,
          body: request.body === undefined ? {} : JSON.parse(request.body),
          bearer: request.headers?.authorization?.replace('Bearer ', '') ?? '',
          ...(certificate && { fingerprint: fingerprintOf(certificate) }),
        });
        const [status, body, headers = {}] = await answering.finally(() => this.#answering--);
        await this.#point(life);
        const date = this.clock.now().toUTCString();
        const answer: HttpAnswer = { status, headers: { date, ...headers }, body: once(JSON.stringify(body)) };
        return answer;
      },
      mqtt: (options: MqttOptions) => this.#session(life, options),
    };
  }

  async #session(life: { dead: boolean }, { certificate }: MqttOptions): Promise<MqttSession> {
    await this.#point(life);
    const fingerprint = fingerprintOf(certificate);
    const refused = this.offline || this.brokerDown ? 'no network' : this.server.connect(fingerprint);
    if (refused !== null) throw new Error(refused);
    this.sessions.push(fingerprint);
    await this.#point(life);
    const closed: ((reason: string) => void)[] = [];
    return {
      publish: async () => {
        await this.#point(life);
      },
      subscribe: async () => undefined,
      onMessage: () => undefined,
      onClose: (listener) => void closed.push(listener),
      end: async () => {
        for (const listener of closed.splice(0)) listener('ended');
      },
    };
  }
}

export const fingerprintOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
