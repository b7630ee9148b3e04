import { X509Certificate } from 'node:crypto';
import type { CertificateState, RenewalInfo } from '@muster/contracts/certificates/certificates.schema';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { renewalStore } from '@muster/persistence/certificates/renewal.store';
import { Database } from '@muster/persistence/database';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type RenewalDates, renewalOf } from '../certificates/certificate.resource.js';
import { Refusal } from '../http/refusal.js';
import type { RenewingDevice } from './renew.service.js';

/** Asked again at least so often, because a mass replacement moves windows; the six hours are RFC 9773's. */
const SELDOM_S = 6 * 3_600;
const OFTEN_S = 3_600;

/** Key identifier of the issuer and serial number, base64url, with a dot between (as RFC 9773 4.1). */
const CERT_ID = /^([\w-]{27})\.([\w-]{2,28})$/;

const renewable: ReadonlySet<CertificateState> = new Set(['issued', 'active', 'superseded', 'expired']);

/** When certificates are to be renewed, as the server wants it now (draft-ietf-lamps-est-renewal-info). */
@Injectable()
export class RenewalInfoService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Refusal certificate_unknown, certificate_revoked */
  async ofDevice({ tenantId, certificateId }: RenewingDevice): Promise<RenewalInfo> {
    const row = await this.database.tenant(tenantId, (tx) => certificateStore.lock(tx, certificateId));
    if (!row) throw new Refusal('certificate_unknown');
    if (!renewable.has(row.state)) throw new Refusal('certificate_revoked', `The certificate is ${row.state}.`);
    return this.#infoOf(row);
  }

  /**
   * For anybody who has seen the certificate: what is told is about its dates alone. `tenant` where the path named one.
   * @throws Refusal not_found, also for a certificate that is revoked
   */
  async ofCertificate(certId: string, tenant: string | null): Promise<RenewalInfo> {
    const [, keyId, serial] = CERT_ID.exec(certId) ?? [];
    if (keyId === undefined || serial === undefined)
      throw new Refusal('not_found', 'This is no certificate identifier.');
    const hex = Buffer.from(serial, 'base64url').toString('hex');
    const row = await this.database.system((tx) => renewalStore.findBySerial(tx, hex));
    const ours = row && renewable.has(row.state) && (tenant === null || tenant === row.tenantId);
    if (!ours || keyIdOf(row.authorityPem) !== keyId) throw Refusal.notFound('certificate');
    return this.#infoOf(row);
  }

  #infoOf(dates: RenewalDates): RenewalInfo {
    const { start, end: asked } = renewalOf(dates);
    // RFC 9773 4.2: a window that ends where it begins is none. One that was opened on request is a moment.
    const end = asked > start ? asked : new Date(Date.parse(start) + OFTEN_S * 1000).toISOString();
    const now = this.clock.now().getTime();
    const untilStartS = Math.ceil((Date.parse(start) - now) / 1000);
    const retryAfterS = untilStartS <= 0 ? OFTEN_S : Math.min(SELDOM_S, Math.max(60, untilStartS));
    const explanation = explain(dates, now);
    return { suggestedWindow: { start, end }, ...(explanation === undefined ? {} : { explanation }), retryAfterS };
  }
}

const explain = ({ notAfter, renewRequestedAt }: RenewalDates, now: number): string | undefined => {
  if (now > notAfter.getTime()) return 'The certificate has ended; it may still be renewed for a while.';
  return renewRequestedAt ? 'An early replacement was asked for.' : undefined;
};

const keyIdOf = (pem: string): string =>
  Buffer.from(readCertificate(new X509Certificate(pem).raw).subjectKeyId ?? '', 'hex').toString('base64url');
