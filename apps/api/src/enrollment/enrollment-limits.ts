import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { networkOf } from '../http/network-of.js';
import { Refusal } from '../http/refusal.js';
import { TokenBucket } from '../http/token-bucket.js';

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
  readonly #tenants = new Map<number, TokenBucket>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {
    this.#guesses = new TokenBucket(clock, { capacity: 10, perMinute: 10 });
    this.#failures = new TokenBucket(clock, { capacity: 120, perMinute: 60 });
    this.#credentials = new TokenBucket(clock, { capacity: 60, perMinute: 30 });
  }

  /** Before anything is looked up. @throws Refusal rate_limited */
  checkAddress(address: string): void {
    const network = networkOf(address);
    refuseEmpty(this.#guesses, network, 'unknown credentials from this address');
    refuseEmpty(this.#failures, network, 'refused enrolments from this address');
  }

  /** With the credential known, before its request is looked at. @throws Refusal rate_limited */
  checkCredential(resource: string): void {
    refuseEmpty(this.#credentials, resource, 'refused enrolments with this credential');
  }

  guessed(address: string): void {
    this.#guesses.take(networkOf(address));
  }

  /** `resource` names the credential when there was one. */
  failed(address: string, resource?: string): void {
    this.#failures.take(networkOf(address));
    if (resource !== undefined) this.#credentials.take(resource);
  }

  /** One more enrolment of the tenant. @throws Refusal rate_limited */
  chargeTenant(tenantId: string, perMinute: number): void {
    const bucket = this.#paced(perMinute);
    if (!bucket.take(tenantId)) throw Refusal.tooMany('enrolments of this tenant', bucket.secondsToNext(tenantId));
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

const refuseEmpty = (bucket: TokenBucket, key: string, what: string): void => {
  if (bucket.isEmpty(key)) throw Refusal.tooMany(what, bucket.secondsToNext(key));
};
