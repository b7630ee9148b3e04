import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ProblemCode } from '@muster/contracts/problem';
import { authoriseConnect } from '@muster/domain/enrollment/authorise-connect';
import { Database } from '@muster/persistence/database';
import { certificateStore, type PresentedRow } from '@muster/persistence/enrollment/certificate.store';
import { validateDevicePath } from '@muster/pki/path/validate-device-path';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IdentityDoor } from '../enrollment/identity-door.js';
import { RateLimits } from '../http/rate-limits.js';
import { Refusal } from '../http/refusal.js';
import { allowsExpired, type DeviceCaller } from './calling-device.js';

/**
 * Who is at the other end of a mutual TLS connection: our own path validation, then the registry by fingerprint. TLS
 * itself only proves possession of the key here; its verdict on the chain is not asked, and no header is believed.
 */
@Injectable()
export class DeviceGuard implements CanActivate {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly limits: RateLimits,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const certificate = (request.raw.socket as TLSSocket).getPeerX509Certificate?.();
    if (!certificate) throw new Refusal('certificate_unknown', 'Present the certificate of a device.');
    request.device = await this.#identify(certificate, allowsExpired(context));
    this.limits.chargeCaller(request.device.deviceId);
    return true;
  }

  async #identify(certificate: X509Certificate, allowExpired: boolean): Promise<DeviceCaller> {
    const now = this.clock.now();
    const trusted = await this.door.hierarchy.trusted();
    const path = validateDevicePath(certificate.raw, trusted, now, { allowExpired });
    if (!path.ok) {
      const code: ProblemCode = path.code === 'certificate_expired' ? 'certificate_expired' : 'certificate_unknown';
      throw new Refusal(code, `Not accepted: ${path.why}.`);
    }
    const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
    const row = await this.database.system((tx) => certificateStore.findByFingerprint(tx, fingerprint));
    if (!row || row.tenantId !== path.tenant || row.deviceId !== path.deviceId)
      throw new Refusal('certificate_unknown');
    if (!allowExpired) await this.#authorise(row, now);
    return { tenantId: row.tenantId, deviceId: row.deviceId, certificateId: row.id, fingerprint };
  }

  async #authorise(row: PresentedRow, now: Date): Promise<void> {
    const verdict = authoriseConnect({ ...row, certificateState: row.state }, now);
    if (verdict.ok) return;
    await this.database.system((tx) => certificateStore.markHandshakeRefused(tx, row.id, now));
    throw new Refusal(verdict.code, verdict.detail);
  }
}
