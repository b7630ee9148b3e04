import { createHash } from 'node:crypto';
import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { Name } from '@muster/contracts/ids';
import { Database } from '@muster/persistence/database';
import { type Binding, bindingStore } from '@muster/persistence/enrollment/binding.store';
import { enrollmentTokenStore } from '@muster/persistence/enrollment/enrollment-token.store';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { type RequestClaims, readRequestClaims } from '@muster/pki/csr/accept-request';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { asRefusal } from '../../certificates/accept-csr.js';
import { Refusal } from '../../http/refusal.js';
import type { Credential } from '../credential.js';
import { findMaker, serialOf } from '../ways/manufacturer-way.js';
import type { EstCredential } from './est-credential.js';

const NOBODY = 'unknown';
const SAY_WHICH =
  'Say which device it is: HTTP Basic with the user name model/serial, or a token, batch or key that is bound to both.';

/**
 * Model and serial number of a client that only speaks EST: what the user name says, then what its credential is bound to,
 * then the serial number in the request's own subject. These are claims; enrolment judges them against the credential.
 */
@Injectable()
export class EstClaims {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Refusal csr_malformed, csr_not_der, unauthenticated, validation_failed */
  async of({ credential, named }: EstCredential, csr: string): Promise<EnrollRequest> {
    const asked = claimsIn(csr);
    const binding = await this.#bindingOf(credential, asked.keyHash);
    const model = named.model ?? binding?.model ?? undefined;
    const serial = named.serial ?? binding?.serial ?? asked.serialNumber ?? asked.commonName ?? undefined;
    if (model !== undefined && serial !== undefined)
      return { csr, model: nameOf('model', model), serial: nameOf('serial number', serial) };
    if (credential.kind === 'none' && binding === null) throw new Refusal('unauthenticated', SAY_WHICH);
    // A credential nobody knows is refused as that, and never because of what was left out beside it.
    if (binding === null) return { csr, model: NOBODY, serial: NOBODY };
    const faults = [{ pointer: '/headers/authorization', message: SAY_WHICH }];
    throw new Refusal('validation_failed', SAY_WHICH, undefined, faults);
  }

  async #bindingOf(credential: Credential, keyHash: string): Promise<Binding | null> {
    // Validated, because the key identifier by which a maker is found is anybody's to claim.
    const made =
      credential.kind === 'certificate' && (await findMaker(this.database, credential.chain, this.clock.now()));
    return this.database.system(async (tx) => {
      if (credential.kind === 'none') return bindingStore.ofRegisteredKey(tx, keyHash);
      if (credential.kind === 'certificate') {
        if (!made) return bindingStore.ofClaimBatch(tx, fingerprintOf(credential.chain[0]!));
        const maker = await bindingStore.ofManufacturer(tx, made.id);
        return maker && { model: maker.model, serial: serialOf(made.identity, maker.serialFrom) };
      }
      const parsed = parseEnrollmentToken(credential.bearer);
      const located = parsed && (await enrollmentTokenStore.locate(tx, parsed.prefix, parsed.secret));
      return located ? bindingStore.ofToken(tx, located.id) : null;
    });
  }
}

/** What a request says of itself. @throws Refusal csr_malformed, csr_not_der */
export const claimsIn = (csr: string): RequestClaims => {
  try {
    return readRequestClaims(csr);
  } catch (fault) {
    throw asRefusal(fault);
  }
};

const nameOf = (what: string, value: string): string => {
  const parsed = Name.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ message }) => ({ pointer: '/headers/authorization', message }));
  throw new Refusal('validation_failed', `This is no ${what}.`, undefined, faults);
};

const fingerprintOf = (der: Buffer): string => createHash('sha256').update(der).digest('hex');
