import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certsOnly } from '@muster/pki/cms/certs-only';
import { csrAttributes, csrTemplate } from '@muster/pki/est/csr-attributes';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CrlPublisher } from '../../certificates/crl-publisher.js';
import { AllowExpired, CallingDevice, type DeviceCaller } from '../../device-door/calling-device.js';
import { DeviceGuard } from '../../device-door/device.guard.js';
import { DeviceIdentity } from '../../device-door/device-identity.js';
import { Refusal } from '../../http/refusal.js';
import { RenewalInfoService } from '../renewal-info.service.js';
import { CaCertificatesService } from './ca-certificates.service.js';
import { EST } from './dress-est.js';
import { labelOf } from './est-label.js';
import { sendMessage } from './est-messages.js';

const at = (operation: string): string[] => [`${EST}/${operation}`, `${EST}/:label/${operation}`];

/** What EST tells: authorities, attributes of requests, revocation lists, times of renewal. Nothing here issues. */
@Controller()
export class EstController {
  constructor(
    private readonly authorities: CaCertificatesService,
    private readonly timing: RenewalInfoService,
    private readonly lists: CrlPublisher,
    private readonly identity: DeviceIdentity,
  ) {}

  /** RFC 7030 4.1.3. For anybody: a device without trust yet checks the root against what it was told out of band. */
  @Get(at('cacerts'))
  async cacerts(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const label = labelOf(request);
    const { certificates } = await this.authorities.of(label.tenant);
    const message = certsOnly([...certificates]);
    const form = label.wrap ? '-wrap' : '';
    reply.header('etag', `"${createHash('sha256').update(message).digest('hex').slice(0, 32)}${form}"`);
    await sendMessage(reply, 'application/pkcs7-mime', message, label);
  }

  /** RFC 7030 4.5.2, RFC 9908. The template names the device that presents its certificate. */
  @Get(at('csrattrs'))
  async csrattrs(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const label = labelOf(request);
    if (label.tenant !== null) await this.authorities.of(label.tenant);
    const attributes = label.template ? csrTemplate(await this.#deviceId(request)) : csrAttributes();
    await sendMessage(reply, 'application/csrattrs', attributes, label);
  }

  /** RFC 8295: the lists of the tenant's device authorities in one message without certificates. */
  @Get(at('crls'))
  async crls(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const label = labelOf(request);
    const { deviceAuthorityIds } = await this.authorities.of(label.tenant);
    const lists = await Promise.all(deviceAuthorityIds.map((id) => this.lists.fetch(id)));
    const ders = lists.flatMap((list) => (list ? [list.der] : []));
    await sendMessage(reply, 'application/pkcs7-mime; smime-type=crls-only', certsOnly([], ders), label);
  }

  /** For the certificate the caller presents. */
  @Get(at('renewal-info'))
  @UseGuards(DeviceGuard)
  @AllowExpired()
  async ownRenewal(@CallingDevice() caller: DeviceCaller, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const { tenant } = labelOf(request);
    if (tenant !== null && tenant !== caller.tenantId) throw new Refusal('certificate_unknown');
    const timing = await this.timing.ofDevice(caller);
    await reply.header('retry-after', String(timing.retryAfterS)).send(timing);
  }

  /** draft-ietf-lamps-est-renewal-info: for anybody who has the certificate, by its identifier. */
  @Get(at('renewal-info/:certificate'))
  async renewal(@Param('certificate') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const timing = await this.timing.ofCertificate(id, labelOf(request).tenant);
    await reply.header('retry-after', String(timing.retryAfterS)).send(timing);
  }

  async #deviceId(request: FastifyRequest): Promise<string | undefined> {
    const certificate = (request.raw.socket as TLSSocket).getPeerX509Certificate?.();
    if (!certificate) return undefined;
    const known = await this.identity.ofCertificate(certificate, true).catch((fault) => {
      if (fault instanceof Refusal) return null;
      throw fault;
    });
    return known?.deviceId;
  }
}
