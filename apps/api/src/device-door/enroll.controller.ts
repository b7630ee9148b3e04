import { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { Body, Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CrlPublisher } from '../certificates/crl-publisher.js';
import { EnrollAnswers } from '../certificates/enroll-answer.js';
import type { Credential } from '../enrollment/credential.js';
import { EnrollService } from '../enrollment/enroll.service.js';
import { EnrollmentLimits } from '../enrollment/enrollment-limits.js';
import { Refusal } from '../http/refusal.js';
import { parseBody } from './parse-body.js';
import { presentedChain } from './presented-chain.js';

@Controller('/device/v1')
export class EnrollController {
  constructor(
    private readonly enrolments: EnrollService,
    private readonly limits: EnrollmentLimits,
    private readonly answers: EnrollAnswers,
    private readonly crls: CrlPublisher,
  ) {}

  /** A bearer token counts before a certificate the connection presents, and this before the key in the request. */
  @Post('enroll')
  @HttpCode(200)
  async enroll(@Req() request: FastifyRequest, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const claim = this.#claimOf(request, body);
    const enrolled = await this.enrolments.enroll(credentialOf(request, claim), claim, { address: request.ip });
    if (enrolled.kind === 'issued') return this.answers.of(enrolled.row);
    const { approvalId, words, retryAfterS } = enrolled;
    reply.status(202).header('retry-after', String(retryAfterS));
    return { pending: true, approvalId, words, retryAfterS };
  }

  /** Every revocation list as one PEM file, as brokers load it. */
  @Get('crl')
  @Header('content-type', 'application/x-pem-file')
  crl(): Promise<string> {
    return this.crls.cachedBundle();
  }

  #claimOf({ ip }: FastifyRequest, body: unknown): EnrollRequest {
    this.limits.checkAddress(ip);
    try {
      return parseBody(EnrollRequest, body);
    } catch (fault) {
      if (fault instanceof Refusal) this.limits.failed(ip);
      throw fault;
    }
  }
}

const credentialOf = (request: FastifyRequest, { tenant: addressed }: EnrollRequest): Credential => {
  const tenant = addressed ?? null;
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { kind: 'token', bearer, tenant };
  const chain = presentedChain(request);
  return chain.length > 0 ? { kind: 'certificate', chain, tenant } : { kind: 'none', tenant };
};
