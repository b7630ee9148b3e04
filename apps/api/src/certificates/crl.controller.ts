import { Controller, Get, Header, Param } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import { CrlPublisher } from './crl-publisher.js';

/** Revocation lists by plain HTTP, where certificates point (RFC 5280 4.2.1.13: over TLS a verifier could go in circles). */
@Controller()
export class CrlController {
  constructor(private readonly publisher: CrlPublisher) {}

  @Get('/crl/:file')
  @Header('content-type', 'application/pkix-crl')
  @Header('cache-control', 'public, max-age=5')
  async fetch(@Param('file') file: string): Promise<Buffer> {
    const id = /^([0-9a-f-]{36})\.crl$/.exec(file)?.[1];
    const crl = id === undefined ? undefined : await this.publisher.fetch(id);
    if (!crl) throw Refusal.notFound('revocation list');
    return crl.der;
  }
}
