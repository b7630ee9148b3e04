import { fingerprintOf, keyFromPem } from '@muster/pki/client/device-key';
import { writeRequest } from '@muster/pki/client/write-request';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Net, readText } from '../ports/net.js';
import type { Random } from '../ports/random.js';
import { identityFrom, readAnswer } from './enroll.js';
import type { IdentityStore } from './identity-store.js';

const RETRY_FIRST_MS = 60_000;
const RETRY_LAST_MS = 6 * 3_600_000;
/** The window may move while we sleep, and long timers do not survive a suspended host. */
const LOOK_AGAIN_MS = 3_600_000;

export interface RenewalPorts {
  clock: Clock;
  net: Net;
  log: Log;
  random: Random;
}

/**
 * Asks for the next certificate inside the window the server named, at a moment of this device's own so that a fleet
 * enrolled in one hour does not renew in one hour. Every renewal has a new key.
 */
export class Renewal {
  #cancel: (() => void) | null = null;
  #failures = 0;
  #position: number;
  #stopped = false;

  constructor(
    private readonly ports: RenewalPorts,
    private readonly store: IdentityStore,
    /** The new identity is stored; connecting anew tries it. */
    private readonly renewed: () => void,
  ) {
    this.#position = ports.random();
  }

  start(): void {
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** The server moved the window: look at once. */
  windowMoved(): void {
    this.#cancel?.();
    this.#plan();
  }

  #plan(): void {
    if (this.#stopped) return;
    const { clock } = this.ports;
    const { start, end } = this.store.identity.renew;
    const from = Date.parse(start);
    const due = from + this.#position * Math.max(0, Date.parse(end) - from);
    const wait = due - clock.now().getTime();
    if (this.store.renewing || wait > LOOK_AGAIN_MS) this.#after(LOOK_AGAIN_MS);
    else this.#after(Math.max(wait, this.#failures === 0 ? 0 : this.#retryMs()), () => this.#renew());
  }

  #after(ms: number, then: () => void | Promise<void> = () => this.#plan()): void {
    this.#cancel = this.ports.clock.after(ms, () => void then());
  }

  #retryMs(): number {
    const ceiling = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures - 1, 20));
    return (0.5 + this.ports.random() / 2) * ceiling;
  }

  async #renew(): Promise<void> {
    const { net, log } = this.ports;
    const old = this.store.identity;
    try {
      const key = await this.store.nextKey();
      const answer = await net.request({
        method: 'POST',
        url: `${old.apiUrl}/device/v1/renew`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ csr: writeRequest(keyFromPem(key), old.deviceId) }),
        tls: old,
        idleTimeoutMs: 30_000,
      });
      const granted = readAnswer(answer.status, await readText(answer));
      if (granted.deviceId !== old.deviceId) throw new Error('the answer is for another device');
      const previousFingerprint = fingerprintOf(old.certificate);
      await this.store.stage({
        ...identityFrom(granted, { ...old, key, previousFingerprint }),
        trustBundle: old.trustBundle,
      });
      this.#failures = 0;
      this.#position = this.ports.random();
      log.info('certificate renewed; trying it');
      this.renewed();
    } catch (error) {
      this.#failures++;
      log.warn('renewal failed', { reason: (error as Error).message });
    }
    this.#plan();
  }
}
