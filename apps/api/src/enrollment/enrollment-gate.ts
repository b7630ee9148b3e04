import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import type { ProblemCode } from '@muster/contracts/problem';
import { Injectable } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import type { Credential, Enrolled, Origin } from './credential.js';
import { EnrollmentLimits } from './enrollment-limits.js';
import { EnrollmentTally } from './enrollment-tally.js';
import { IssuingLanes } from './issuing-lanes.js';
import { RefusalLedger } from './refusal-ledger.js';
import { Turnstile } from './turnstile.js';
import type { Way } from './ways/way.js';
import { WaysIn } from './ways-in.js';

/** Refusals that say who asks proved nothing. */
const guesses = new Set<ProblemCode>([
  'token_invalid',
  'certificate_unknown',
  'certificate_expired',
  'unauthenticated',
]);

/** Each waits for a lookup or a lane; a whole site that comes back after a power cut fits. */
export const ENROLMENTS_AT_ONCE = 500;

/** What stands around every enrolment: limits before it, counting and remembering after it. */
@Injectable()
export class EnrollmentGate {
  readonly #turnstile = new Turnstile('enrolments', ENROLMENTS_AT_ONCE);

  constructor(
    private readonly ways: WaysIn,
    private readonly limits: EnrollmentLimits,
    private readonly ledger: RefusalLedger,
    private readonly tally: EnrollmentTally,
    private readonly lanes: IssuingLanes,
  ) {}

  /** Finds whose the credential is and does `work` with it. @throws Refusal whatever the device is refused for */
  pass(
    credential: Credential,
    claim: EnrollRequest,
    { address }: Origin,
    work: (way: Way) => Promise<Enrolled>,
  ): Promise<Enrolled> {
    return this.#turnstile.pass(() => this.#pass(credential, claim, address, work));
  }

  /** Runs the transaction that issues, when there is a lane for it. */
  issue(transaction: () => Promise<Enrolled>): Promise<Enrolled> {
    return this.lanes.run(transaction);
  }

  async #pass(
    credential: Credential,
    claim: EnrollRequest,
    address: string,
    work: (way: Way) => Promise<Enrolled>,
  ): Promise<Enrolled> {
    this.limits.checkAddress(address);
    const way = await this.#find(credential, claim, address);
    const used = { ...way, serial: claim.serial };
    this.limits.checkCredential(used);
    try {
      const enrolled = await work(way);
      this.tally.count(way.tenantId, enrolled.kind);
      return enrolled;
    } catch (fault) {
      if (fault instanceof Refusal) {
        this.tally.count(way.tenantId, fault.code);
        // Being told to come later is no fault of the credential.
        if (fault.status !== 429) this.limits.failed(address, used);
        await this.ledger.record(way, claim, fault);
      }
      throw fault;
    }
  }

  /** @throws Refusal rate_limited */
  chargeTenant(tenantId: string, perMinute: number): void {
    this.limits.chargeTenant(tenantId, perMinute);
  }

  /** @throws Refusal rate_limited */
  chargeQuestion(address: string): void {
    this.limits.chargeQuestion(address);
  }

  /** @throws Refusal rate_limited */
  chargeReturn(deviceId: string): void {
    this.limits.chargeReturn(deviceId);
  }

  async #find(credential: Credential, claim: EnrollRequest, address: string): Promise<Way> {
    try {
      return await this.ways.find(credential, claim);
    } catch (fault) {
      if (fault instanceof Refusal) {
        this.tally.count('', fault.code);
        if (guesses.has(fault.code)) this.limits.guessed(address);
        else this.limits.failed(address);
      }
      throw fault;
    }
  }
}
