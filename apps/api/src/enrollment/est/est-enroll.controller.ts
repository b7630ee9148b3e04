import { X509Certificate } from 'node:crypto';
import { certsOnly } from '@muster/pki/cms/certs-only';
import { Controller, Post, Req, Res, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowExpired, CallingDevice, type DeviceCaller } from '../../device-door/calling-device.js';
import { DeviceGuard } from '../../device-door/device.guard.js';
import { Refusal } from '../../http/refusal.js';
import type { Enrolled } from '../credential.js';
import { EnrollService } from '../enroll.service.js';
import { ENROLMENTS_AT_ONCE } from '../enrollment-gate.js';
import { EnrollmentLimits } from '../enrollment-limits.js';
import { RenewService } from '../renew.service.js';
import { Turnstile } from '../turnstile.js';
import { CaCertificatesService } from './ca-certificates.service.js';
import { EST } from './dress-est.js';
import { claimsIn, EstClaims } from './est-claims.service.js';
import { credentialOf, type EstCredential } from './est-credential.js';
import { type EstLabel, labelOf } from './est-label.js';
import { sendMessage, sendPending } from './est-messages.js';

const at = (operation: string): string[] => [`${EST}/${operation}`, `${EST}/:label/${operation}`];
const ISSUED = 'application/pkcs7-mime; smime-type=certs-only';

/** RFC 7030 4.2: first certificates and new ones, by the services our own agent uses. */
@Controller()
export class EstEnrollController {
  /** As many as enrol at once: what a client of the standard leaves out is looked up before. */
  readonly #turnstile = new Turnstile('enrolments', ENROLMENTS_AT_ONCE);

  constructor(
    private readonly enrolments: EnrollService,
    private readonly renewals: RenewService,
    private readonly claims: EstClaims,
    private readonly limits: EnrollmentLimits,
    private readonly authorities: CaCertificatesService,
  ) {}

  @Post(at('simpleenroll'))
  @RouteConfig({ pkcs10: true })
  async enroll(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const label = labelOf(request);
    const { credential, claim } = await this.#turnstile.pass(() => this.#claimOf(request, label));
    const enrolled = await this.enrolments.enroll(credential, claim, { address: request.ip });
    await answer(reply, enrolled, label);
  }

  @Post(at('simplereenroll'))
  @RouteConfig({ pkcs10: true })
  @UseGuards(DeviceGuard)
  @AllowExpired()
  async renew(@CallingDevice() caller: DeviceCaller, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const label = labelOf(request);
    if (label.tenant !== null && label.tenant !== caller.tenantId) throw new Refusal('certificate_unknown');
    const csr = requestIn(request);
    // RFC 7030 4.2.2: the subject is the one being renewed; a request of our own agent may leave it out, one of EST may not.
    if (claimsIn(csr).commonName !== caller.deviceId)
      throw new Refusal('identity_mismatch', 'The subject is not the one of the certificate.');
    const renewed = await this.renewals.renew(caller, csr, { address: request.ip });
    await answer(reply, renewed, label);
  }

  /** What comes before enrolment is limited as enrolment is. A first try without a credential is how many clients begin. */
  async #claimOf(request: FastifyRequest, { tenant }: EstLabel) {
    this.limits.checkAddress(request.ip);
    try {
      const presented = await this.#addressed(credentialOf(request, tenant));
      const claim = await this.claims.of(presented, requestIn(request));
      return { credential: presented.credential, claim };
    } catch (fault) {
      if (fault instanceof Refusal) this.limits.failed(request.ip);
      throw fault;
    }
  }

  /** Who shows nothing and names no tenant asks the only one there is. */
  async #addressed(presented: EstCredential): Promise<EstCredential> {
    const { credential } = presented;
    if (credential.kind !== 'none' || credential.tenant !== null) return presented;
    const { tenant } = await this.authorities.of(null);
    return { ...presented, credential: { kind: 'none', tenant } };
  }
}

const requestIn = ({ body }: FastifyRequest): string => {
  if (typeof body !== 'string' || body === '') throw new Refusal('csr_malformed', 'The body is a certificate request.');
  return body;
};

/** The issued certificate alone (RFC 7030 4.2.3); what stands above it is cacerts. */
const answer = async (reply: FastifyReply, enrolled: Enrolled, label: EstLabel): Promise<void> => {
  if (enrolled.kind === 'pending') await sendPending(reply, enrolled);
  else await sendMessage(reply.status(200), ISSUED, certsOnly([new X509Certificate(enrolled.row.pem).raw]), label);
};
