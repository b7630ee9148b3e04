import { fingerprintOf, validityOf } from '@muster/pki/client/device-key';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { HttpAnswer, Net } from '../ports/net.js';
import type { Random } from '../ports/random.js';
import { ask, bundlesAfter, readRenewalInfo } from './device-api.js';
import { identityFrom } from './enroll.js';
import type { Identity } from './identity.js';
import type { IdentityStore } from './identity-store.js';
import type { KnownTime } from './known-time.js';
import { fingerprintOfKey } from './open-request.js';
import { dueAt, isOverdue, planRetry } from './plan-renewal.js';
import { dateOf, EnrollmentPending, EnrollmentRefused, readGrant } from './read-answer.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Long timers do not survive a suspended host, and the window may have passed while it slept. */
const LOOK_AGAIN_MS = 5 * MINUTE;
/** How long a renewed certificate may wait for its first acknowledgement before the server is asked about it. */
const TRIAL_MS = MINUTE;
/** Between two certificates, whatever window the server names: lives are an hour at least. */
const LEAST_LIFE_MS = MINUTE;
/** Between two questions for the window, whatever the server says. */
const POLL_LEAST_MS = MINUTE;
const POLL_MOST_MS = 24 * HOUR;
const POLL_FIRST_MS = HOUR;
/** The time a server told is written down when it is this much newer than what was: flash wears out. */
const NOTE_TIME_MS = 24 * HOUR;

export interface RenewalPorts {
  clock: Clock;
  net: Net;
  log: Log;
  random: Random;
  time: KnownTime;
  /** Another identity is to be used: connecting anew does. */
  reconnect: (reason: string) => void;
  /** The server named the bundle in force, compact JWS. */
  bundleSeen: (jws: string) => void;
}

/**
 * Asks for the next certificate inside the window the server named, and asks for that window. Every renewal has a new key.
 * Nothing here depends on our own clock being right: what it would get wrong, the server refuses and says when.
 */
export class Renewal {
  #cancel: (() => void) | null = null;
  #failures = 0;
  /** All on the monotonic clock, in milliseconds: when asking, polling, judging a trial and renewing once more may begin. */
  #quietUntil = 0;
  #pollAt = 0;
  #trialUntil = 0;
  #renewableAt = 0;
  #busy = false;
  #stopped = false;

  constructor(
    private readonly ports: RenewalPorts,
    private readonly store: IdentityStore,
  ) {}

  /** Less than a third of the certificate's life is left. */
  get overdue(): boolean {
    return isOverdue(validityOf(this.store.identity.certificate), this.ports.time.now());
  }

  start(): void {
    const { clock, random, time } = this.ports;
    const now = clock.monotonic();
    const { trial } = this.store;
    const ended = trial !== null && validityOf(trial.certificate).notAfter < time.now();
    // One that ended while the device slept can prove itself by no session any more.
    this.#trialUntil = now + (ended ? 0 : TRIAL_MS);
    // A clock that is known to be wrong is set right soon; else a fleet that starts at once does not ask at once.
    this.#pollAt = now + (time.clockIsBehind ? random() * MINUTE : (0.1 + 0.9 * random()) * POLL_FIRST_MS);
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** The server moved the window, or a certificate has proved itself: look at once. */
  windowMoved(): void {
    this.#quietUntil = 0;
    this.#failures = 0;
    this.#plan();
  }

  #plan(): void {
    this.#cancel?.();
    if (this.#stopped || this.#busy) return;
    const { clock, time } = this.ports;
    const { renew, certificate } = this.store.settled;
    const now = clock.monotonic();
    const due = now + dueAt(renew, certificate).getTime() - time.now().getTime();
    const renewing = this.store.renewing ? this.#trialUntil : Math.max(due, this.#quietUntil, this.#renewableAt);
    const wait = Math.min(renewing, this.#pollAt, now + LOOK_AGAIN_MS) - now;
    this.#cancel = clock.after(Math.max(0, wait), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#busy = true;
    try {
      const { clock, time } = this.ports;
      const { renew, certificate } = this.store.settled;
      const now = clock.monotonic();
      if (this.store.trial) {
        if (now >= this.#trialUntil) await this.#judgeTrial(this.store.trial);
      } else if (time.now() >= dueAt(renew, certificate) && now >= Math.max(this.#quietUntil, this.#renewableAt))
        await this.#renew();
      else if (now >= this.#pollAt) await this.#poll();
    } catch (error) {
      this.ports.log.warn('renewal stopped short', { reason: (error as Error).message });
      this.#quietUntil = this.ports.clock.monotonic() + MINUTE;
      this.#trialUntil = this.#quietUntil;
      this.#pollAt = Math.max(this.#pollAt, this.#quietUntil);
    } finally {
      this.#busy = false;
    }
    this.#plan();
  }

  async #renew(): Promise<void> {
    const { net, log, clock, reconnect, bundleSeen } = this.ports;
    const old = this.store.settled;
    const { key, csr } = await this.store.nextRequest();
    try {
      const answer = await ask(net, old, { method: 'POST', path: '/device/v1/renew', body: JSON.stringify({ csr }) });
      const date = await this.#hear(answer);
      const granted = await readGrant(answer);
      if (granted.deviceId !== old.deviceId) throw new Error('the answer is for another device');
      const previousFingerprint = fingerprintOf(old.certificate);
      const trust = old.trustSigned ? old : { ...old, trust: granted.trust.keys as unknown as Identity['trust'] };
      if (!old.trustSigned) await this.store.amend({ trust: trust.trust });
      await this.store.stage(identityFrom(granted, { ...trust, key, previousFingerprint }, date));
      this.#failures = 0;
      this.#quietUntil = 0;
      this.#trialUntil = clock.monotonic() + TRIAL_MS;
      this.#renewableAt = clock.monotonic() + LEAST_LIFE_MS;
      log.info('certificate renewed; trying it');
      reconnect('renewed certificate');
      if (granted.bundle !== undefined) bundleSeen(granted.bundle);
    } catch (error) {
      await this.#failed(error, key);
    }
  }

  async #failed(error: unknown, key: string): Promise<void> {
    const { log, clock, random } = this.ports;
    const reason = (error as Error).message || String(error);
    const { waitMs, spoilt, window } = planRetry(error, ++this.#failures, this.overdue, random);
    this.#quietUntil = clock.monotonic() + waitMs;
    if (spoilt) await this.store.dropRequest();
    if (window) {
      const { end } = this.store.settled.renew;
      const late = Date.parse(end) < Date.parse(window.start);
      await this.store.amend({ renew: { start: window.start, end: late ? window.start : end } });
      this.#failures = 0;
    }
    if (window === null) this.#pollAt = 0;
    if (error instanceof EnrollmentPending)
      log.warn('the certificate ended too long ago: a person has to let this device in again', {
        words: fingerprintOfKey(key).words.join(' '),
        askAgainInS: Math.round(waitMs / 1000),
      });
    else
      log.warn('renewal failed', {
        reason,
        ...(error instanceof EnrollmentRefused && { code: error.code }),
        askAgainInS: Math.round(waitMs / 1000),
      });
  }

  /** A renewed certificate no message was acknowledged with: the server is asked for anything it only tells the entitled. */
  async #judgeTrial(trial: Identity): Promise<void> {
    const { net, log, clock, random, reconnect } = this.ports;
    this.#trialUntil = clock.monotonic() + (0.5 + random() / 2) * LOOK_AGAIN_MS;
    const code = await bundlesAfter(net, trial, trial.trustBundle).then(
      () => 'good',
      (error: unknown) => (error instanceof EnrollmentRefused ? error.code : 'unreachable'),
    );
    // One that ended while it waited is still the one to renew.
    if (code === 'good' || code === 'certificate_expired') {
      if (await this.store.settle()) reconnect('the renewed certificate is good');
      return;
    }
    log.warn('the renewed certificate has not proved itself yet', { code });
    if (code === 'certificate_revoked' || code === 'certificate_unknown') return this.store.abandon();
    this.store.tryAgain();
    reconnect('trying the renewed certificate again');
  }

  async #poll(): Promise<void> {
    const { net, clock, random, log } = this.ports;
    const again = (ms: number) => {
      this.#pollAt = clock.monotonic() + Math.min(POLL_MOST_MS, Math.max(POLL_LEAST_MS, ms)) * (1 + random() / 5);
    };
    try {
      const answer = await ask(net, this.store.settled, { method: 'GET', path: '/device/v1/renewal-info' });
      await this.#hear(answer);
      const { suggestedWindow, retryAfterS } = await readRenewalInfo(answer);
      again(retryAfterS * 1000);
      const { start, end } = this.store.settled.renew;
      if (suggestedWindow.start === start && suggestedWindow.end === end) return;
      await this.store.amend({ renew: suggestedWindow });
      // Another end alone is no reason to forget that the server asked for quiet.
      if (suggestedWindow.start !== start) this.#quietUntil = 0;
    } catch (error) {
      log.info('could not ask when to renew', { reason: (error as Error).message });
      // A server from before this question answers 404; the window it told then stands.
      again(error instanceof EnrollmentRefused ? POLL_MOST_MS : POLL_FIRST_MS);
    }
  }

  /** Takes the time from an answer, whatever else it says. */
  async #hear(answer: HttpAnswer): Promise<Date | null> {
    const date = dateOf(answer);
    if (date === null) return null;
    this.ports.time.heard(date);
    const noted = Date.parse(this.store.settled.serverTime ?? '');
    if (!(date.getTime() - noted < NOTE_TIME_MS)) await this.store.amend({ serverTime: date.toISOString() });
    return date;
  }
}
