import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { networkOf } from '../http/network-of.js';
import { Refusal } from '../http/refusal.js';
import { TokenBucket } from '../http/token-bucket.js';
import type { HeldBy } from './ways/way.js';

/** Different paces tenants may have set; buckets of others start anew when there are more. */
const MOST_PACES = 64;

/**
 * How often enrolment may fail and succeed, in this process. Guesses are credentials that are nobody's; failures are all
 * other refusals, which a site of misconfigured devices may have many of behind one address.
 */
@Injectable()
export class EnrollmentLimits {
  readonly #guesses: TokenBucket;
  readonly #failures: TokenBucket;
  readonly #credentials: TokenBucket;
  readonly #shared: TokenBucket;
  readonly #questions: TokenBucket;
  readonly #returns: TokenBucket;
  readonly #tenants = new Map<number, TokenBucket>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {
    this.#guesses = new TokenBucket(clock, { capacity: 10, perMinute: 10 });
    this.#failures = new TokenBucket(clock, { capacity: 120, perMinute: 60 });
    this.#credentials = new TokenBucket(clock, { capacity: 60, perMinute: 30 });
    this.#shared = new TokenBucket(clock, { capacity: 1_200, perMinute: 600 });
    this.#questions = new TokenBucket(clock, { capacity: 60, perMinute: 6 });
    this.#returns = new TokenBucket(clock, { capacity: 10, perMinute: 1 });
  }

  /** Before anything is looked up. @throws Refusal rate_limited */
  checkAddress(address: string): void {
    const network = networkOf(address);
    refuseEmpty(this.#guesses, network, 'unknown credentials from this address');
    refuseEmpty(this.#failures, network, 'refused enrolments from this address');
  }

  /** With the credential known, before its request is looked at. @throws Refusal rate_limited */
  checkCredential(used: Used): void {
    if (used.heldBy === 'nobody') return;
    refuseEmpty(this.#credentials, holderOf(used), 'refused enrolments with this credential');
    if (used.heldBy === 'many') refuseEmpty(this.#shared, used.resource, 'refused enrolments with this credential');
  }

  guessed(address: string): void {
    this.#guesses.take(networkOf(address));
  }

  /** `used` is the credential when there was one. */
  failed(address: string, used?: Used): void {
    this.#failures.take(networkOf(address));
    if (used === undefined || used.heldBy === 'nobody') return;
    this.#credentials.take(holderOf(used));
    if (used.heldBy === 'many') this.#shared.take(used.resource);
  }

  /** One more device without any credential that a person is to look at. @throws Refusal rate_limited */
  chargeQuestion(address: string): void {
    charge(this.#questions, networkOf(address), 'new devices from this address');
  }

  /** One more certificate for a device that has one. @throws Refusal rate_limited */
  chargeReturn(deviceId: string): void {
    charge(this.#returns, deviceId, 'enrolments of this device');
  }

  /** One more enrolment of the tenant. @throws Refusal rate_limited */
  chargeTenant(tenantId: string, perMinute: number): void {
    charge(this.#paced(perMinute), tenantId, 'enrolments of this tenant');
  }

  #paced(perMinute: number): TokenBucket {
    const known = this.#tenants.get(perMinute);
    if (known) return known;
    if (this.#tenants.size >= MOST_PACES) this.#tenants.clear();
    const made = new TokenBucket(this.clock, { capacity: perMinute, perMinute });
    this.#tenants.set(perMinute, made);
    return made;
  }
}

/** A credential as its limits know it; `serial` is the one claimed with it. */
interface Used {
  readonly resource: string;
  readonly heldBy: HeldBy;
  readonly serial: string;
}

const holderOf = ({ resource, heldBy, serial }: Used): string =>
  heldBy === 'many' ? `${resource}/${serial}` : resource;

const charge = (bucket: TokenBucket, key: string, what: string): void => {
  if (!bucket.take(key)) throw Refusal.tooMany(what, bucket.secondsToNext(key));
};

const refuseEmpty = (bucket: TokenBucket, key: string, what: string): void => {
  if (bucket.isEmpty(key)) throw Refusal.tooMany(what, bucket.secondsToNext(key));
};
