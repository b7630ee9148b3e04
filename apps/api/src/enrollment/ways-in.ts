import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { Database } from '@muster/persistence/database';
import { readRequestClaims } from '@muster/pki/csr/accept-request';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { asRefusal } from '../certificates/accept-csr.js';
import { Refusal } from '../http/refusal.js';
import type { Credential } from './credential.js';
import { TrustedIssuers } from './trusted-issuers.js';
import { claimWay } from './ways/claim-way.js';
import { keyWay } from './ways/key-way.js';
import { manufacturerWay } from './ways/manufacturer-way.js';
import { NOTHING } from './ways/nothing.js';
import { operatorWay } from './ways/operator-way.js';
import { tokenWay } from './ways/token-way.js';
import type { Way } from './ways/way.js';

/** Whose credential it is. Cheap: looks up, and verifies nothing but the signatures on a presented certificate. */
@Injectable()
export class WaysIn {
  constructor(
    private readonly database: Database,
    private readonly issuers: TrustedIssuers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Refusal token_invalid, certificate_unknown, certificate_expired, unauthenticated, csr_malformed, csr_not_der */
  async find(credential: Credential, claim: EnrollRequest): Promise<Way> {
    const { kind, tenant = null } = credential;
    if (kind === 'token') return tokenWay(this.database, credential.bearer, tenant);
    const way =
      kind === 'certificate'
        ? await this.#byCertificate(credential.chain)
        : await this.#byKey(claim, credential.tenant);
    if (way && (tenant === null || way.tenantId === tenant)) return way;
    throw kind === 'certificate'
      ? new Refusal('certificate_unknown', 'Not accepted.')
      : new Refusal('unauthenticated', NOTHING);
  }

  async #byCertificate(chain: readonly Buffer[]): Promise<Way | null> {
    const leaf = chain[0];
    if (!leaf) return null;
    const now = this.clock.now();
    const claimed = await claimWay(this.database, this.issuers, leaf, now);
    return claimed ?? manufacturerWay(this.database, chain, now);
  }

  async #byKey(claim: EnrollRequest, tenant: string | null): Promise<Way | null> {
    const registered = await keyWay(this.database, keyHashOf(claim.csr), tenant);
    if (registered || tenant === null) return registered;
    return operatorWay(this.database, tenant);
  }
}

const keyHashOf = (csr: string): string => {
  try {
    return readRequestClaims(csr).keyHash;
  } catch (fault) {
    throw asRefusal(fault);
  }
};
