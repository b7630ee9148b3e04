import { Controller, Get, Header, Param } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import { CrlPublisher } from './crl-publisher.js';

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:-(\d{1,3}))?\.crl$/;

/** Revocation lists by plain HTTP, where certificates point (RFC 5280 4.2.1.13: over TLS a verifier could go in circles). */
@Controller()
export class CrlController {
  constructor(private readonly publisher: CrlPublisher) {}

  @Get('/crl/:file')
  @Header('content-type', 'application/pkix-crl')
  @Header('cache-control', 'public, max-age=5')
  async fetch(@Param('file') file: string): Promise<Buffer> {
    const [, id, shard] = NAME.exec(file) ?? [];
    if (id === undefined) throw Refusal.notFound('revocation list');
    const list = await this.publisher.fetch(id, shard === undefined ? undefined : Number(shard));
    if (!list) throw Refusal.notFound('revocation list');
    return list.der;
  }
}
