import type { TLSSocket } from 'node:tls';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RateLimits } from '../http/rate-limits.js';
import { Refusal } from '../http/refusal.js';
import { allowsExpired, paceOf } from './calling-device.js';
import { DeviceIdentity } from './device-identity.js';

/**
 * Who is at the other end of a mutual TLS connection. TLS itself only proves possession of the key here; its verdict on
 * the chain is not asked, and no header is believed.
 */
@Injectable()
export class DeviceGuard implements CanActivate {
  constructor(
    private readonly identity: DeviceIdentity,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const certificate = (request.raw.socket as TLSSocket).getPeerX509Certificate?.();
    if (!certificate) throw new Refusal('certificate_unknown', 'Present the certificate of a device.');
    const device = await this.identity.ofCertificate(certificate, allowsExpired(context));
    request.device = { ...device, address: request.ip };
    if (paceOf(context) === 'uplink') this.limits.chargeUplink(request.device.deviceId);
    else this.limits.chargeCaller(request.device.deviceId);
    return true;
  }
}
