import { X509Certificate } from 'node:crypto';
import { OCSP_REQUEST_BYTES } from '@muster/pki/ocsp/read-request';
import { ocspFault } from '@muster/pki/ocsp/write-response';
import { Body, Controller, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../http/refusal.js';
import { OcspService } from './ocsp.service.js';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** How long a proxy may repeat an answer: no longer than a revocation may take to be heard of (RFC 5019 6.2). */
const MAX_AGE_S = 10;

/** Answers about certificates by plain HTTP, where certificates point; and the certificates of who issued them. */
@Controller()
export class OcspController {
  constructor(private readonly ocsp: OcspService) {}

  @Post('/ocsp/:authorityId')
  @HttpCode(200)
  @RouteConfig({ rawBody: true, bodyLimit: OCSP_REQUEST_BYTES })
  async post(
    @Param('authorityId') authorityId: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    return this.#answer(authorityId, Buffer.isBuffer(body) ? body : Buffer.alloc(0), reply);
  }

  /** The request as base64 behind the address (RFC 6960 A.1): its slashes may come as they are or escaped. */
  @Get('/ocsp/:authorityId/*')
  async get(
    @Param('authorityId') authorityId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const path = request.url.split('?', 1)[0]!;
    const text = unescaped(path.slice(path.indexOf(authorityId) + authorityId.length + 1));
    return this.#answer(authorityId, text === null ? Buffer.alloc(0) : Buffer.from(text, 'base64'), reply);
  }

  @Get('/ca/:file')
  @Header('content-type', 'application/pkix-cert')
  @Header('cache-control', 'public, max-age=3600')
  async issuer(@Param('file') file: string): Promise<Buffer> {
    const id = file.endsWith('.cer') ? file.slice(0, -4) : '';
    const pem = ID.test(id) ? await this.ocsp.certificateOf(id) : undefined;
    if (pem === undefined) throw Refusal.notFound('authority');
    return new X509Certificate(pem).raw;
  }

  async #answer(authorityId: string, request: Buffer, reply: FastifyReply): Promise<Buffer> {
    const answer = ID.test(authorityId) ? await this.ocsp.answer(authorityId, request) : undefined;
    reply.header('content-type', 'application/ocsp-response');
    reply.header(
      'cache-control',
      answer?.cacheable ? `public, max-age=${MAX_AGE_S}, no-transform, must-revalidate` : 'no-store',
    );
    return answer?.der ?? ocspFault('unauthorized');
  }
}

const unescaped = (text: string): string | null => {
  try {
    const base64 = decodeURIComponent(text);
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length <= OCSP_REQUEST_BYTES ? base64 : null;
  } catch {
    return null;
  }
};
