import { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Body, Controller, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CrlPublisher } from '../certificates/crl-publisher.js';
import { EnrollAnswers } from '../certificates/enroll-answer.js';
import { EnrollService } from '../enrollment/enroll.service.js';
import { Refusal } from '../http/refusal.js';
import { TokenBucket } from '../http/token-bucket.js';
import { parseBody } from './parse-body.js';

@Controller('/device/v1')
export class EnrollController {
  /** Wrong tokens from one address: ten at once, then one in six seconds. */
  readonly #guesses: TokenBucket;

  constructor(
    private readonly enrolments: EnrollService,
    private readonly answers: EnrollAnswers,
    private readonly crls: CrlPublisher,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#guesses = new TokenBucket(clock, { capacity: 10, perMinute: 10 });
  }

  @Post('enroll')
  @HttpCode(200)
  async enroll(@Req() request: FastifyRequest, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    if (this.#guesses.isEmpty(request.ip))
      throw Refusal.tooMany('wrong tokens from this address', this.#guesses.secondsToNext(request.ip));
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined) throw new Refusal('unauthenticated', 'Send the enrolment token as a bearer credential.');
    try {
      const claim = parseBody(EnrollRequest, body);
      const enrolled = await this.enrolments.enroll({ kind: 'token', bearer }, claim, { address: request.ip });
      if (enrolled.kind === 'issued') return await this.answers.of(enrolled.row);
      const { approvalId, words, retryAfterS } = enrolled;
      reply.status(202).header('retry-after', String(retryAfterS));
      return { pending: true, approvalId, words, retryAfterS };
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'token_invalid') this.#guesses.take(request.ip);
      throw fault;
    }
  }

  /** Every revocation list as one PEM file, as brokers load it. */
  @Get('crl')
  @Header('content-type', 'application/x-pem-file')
  crl(): Promise<string> {
    return this.crls.cachedBundle();
  }
}
