import { createHash } from 'node:crypto';
import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { Name } from '@muster/contracts/ids';
import { Database } from '@muster/persistence/database';
import { type Binding, bindingStore } from '@muster/persistence/enrollment/binding.store';
import { enrollmentTokenStore } from '@muster/persistence/enrollment/enrollment-token.store';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { type RequestClaims, readRequestClaims } from '@muster/pki/csr/accept-request';
import { readSubjectNames } from '@muster/pki/csr/subject-names';
import { readDer } from '@muster/pki/der/read';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { Injectable } from '@nestjs/common';
import { asRefusal } from '../../certificates/accept-csr.js';
import { Refusal } from '../../http/refusal.js';
import type { Credential } from '../credential.js';
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
  constructor(private readonly database: Database) {}

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

  #bindingOf(credential: Credential, keyHash: string): Promise<Binding | null> {
    return this.database.system(async (tx) => {
      if (credential.kind === 'none') return bindingStore.ofRegisteredKey(tx, keyHash);
      if (credential.kind === 'certificate') {
        const claim = await bindingStore.ofClaimBatch(tx, fingerprintOf(credential.chain[0]!));
        if (claim) return claim;
        const maker = await bindingStore.ofManufacturer(tx, issuersOf(credential.chain));
        return maker && { model: maker.model, serial: serialIn(credential.chain[0]!, maker.serialFrom) };
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

/** What the presented certificates name as the keys above them, from the leaf up; those that cannot be read say nothing. */
const issuersOf = (chain: readonly Buffer[]): string[] =>
  chain.flatMap((der) => readable(() => readCertificate(der).authorityKeyId) ?? []);

const serialIn = (leaf: Buffer, from: 'common_name' | 'serial_number'): string | null =>
  readable(() => {
    const names = readSubjectNames(readDer(readCertificate(leaf).subject));
    return from === 'common_name' ? names.commonName : names.serialNumber;
  });

const readable = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null;
  }
};
