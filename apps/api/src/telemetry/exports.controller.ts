import { exportTelemetry } from '@muster/contracts/telemetry/telemetry.routes';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { credentialsOf } from '../http/door.guard.js';
import { writeDrained } from '../http/drained.js';
import { type Call, Endpoint } from '../http/endpoint.js';
import { PrincipalSource } from '../http/principal.js';
import { ExportsService, mayGoOn, type PreparedExport } from './exports.service.js';

@Controller()
export class ExportsController {
  constructor(
    private readonly exports: ExportsService,
    private readonly principals: PrincipalSource,
  ) {}

  /**
   * The socket is cut when the export breaks off: a chunked body without its last chunk (RFC 9112 7.1) is one that every
   * client knows to be incomplete.
   */
  @Endpoint(exportTelemetry)
  async export(call: Call<typeof exportTelemetry>): Promise<void> {
    const prepared = await this.exports.prepare(call);
    const { reply, request, principal } = call;
    const response = beginAnswer(reply, prepared);
    response.on('error', () => response.destroy());
    const stillThere = async () => mayGoOn(await this.principals.resolve(credentialsOf(request)), principal);
    try {
      await prepared.run({ write: (piece) => writeDrained(response, piece), stillThere });
      response.end();
    } catch {
      response.destroy();
    }
  }
}

const beginAnswer = (reply: FastifyReply, { contentType, fileName }: PreparedExport) => {
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, {
    'content-type': contentType,
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': 'no-store',
    // nginx would collect the file on its disk before passing it on.
    'x-accel-buffering': 'no',
  });
  return response;
};
