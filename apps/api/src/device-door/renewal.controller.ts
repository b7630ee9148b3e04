import { RenewRequest } from '@muster/contracts/certificates/certificates.schema';
import { Body, Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EnrollAnswers } from '../certificates/enroll-answer.js';
import { RenewService } from '../enrollment/renew.service.js';
import { RenewalInfoService } from '../enrollment/renewal-info.service.js';
import { AllowExpired, CallingDevice, type DeviceCaller } from './calling-device.js';
import { DeviceGuard } from './device.guard.js';
import { parseBody } from './parse-body.js';

/** Renewal as our agent does it; the same under EST is EstEnrollController. */
@Controller('/device/v1')
export class RenewalController {
  constructor(
    private readonly renewals: RenewService,
    private readonly answers: EnrollAnswers,
    private readonly timing: RenewalInfoService,
  ) {}

  @Post('renew')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  @AllowExpired()
  async renew(
    @CallingDevice() caller: DeviceCaller,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const renewed = await this.renewals.renew(caller, parseBody(RenewRequest, body).csr, { address: request.ip });
    if (renewed.kind === 'issued') return this.answers.of(renewed.row);
    const { approvalId, words, retryAfterS } = renewed;
    reply.status(202).header('retry-after', String(retryAfterS));
    return { pending: true, approvalId, words, retryAfterS };
  }

  /** When the certificate the caller presents is to be renewed, as the server wants it now. */
  @Get('renewal-info')
  @UseGuards(DeviceGuard)
  @AllowExpired()
  async info(@CallingDevice() caller: DeviceCaller, @Res({ passthrough: true }) reply: FastifyReply) {
    const info = await this.timing.ofDevice(caller);
    reply.header('retry-after', String(info.retryAfterS));
    return info;
  }
}
