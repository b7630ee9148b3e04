import { Database } from '@muster/persistence/database';
import { type ArtifactRow, artifactStore } from '@muster/persistence/releases/artifact.store';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallingDevice, type DeviceCaller } from '../device-door/calling-device.js';
import { DeviceGuard } from '../device-door/device.guard.js';
import { Refusal } from '../http/refusal.js';
import { parseRange } from './content-range.js';

/** Artifacts as devices fetch them: over mutual TLS, and only while an open execution of the device names the content. */
@Controller('/device/v1')
export class DeviceArtifactsController {
  constructor(
    private readonly database: Database,
    private readonly storage: ArtifactStorage,
  ) {}

  @Get('artifacts/:ref')
  @UseGuards(DeviceGuard)
  async fetch(
    @CallingDevice() { tenantId, deviceId }: DeviceCaller,
    @Param('ref') ref: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const artifact = await this.database.tenant(tenantId, (tx) => artifactStore.allowedTo(tx, deviceId, ref));
    if (artifact === null) throw new Refusal('artifact_forbidden');
    const part = parseRange(request.headers.range, artifact.size);
    if (part === 'unsatisfiable') {
      reply.header('content-range', `bytes */${artifact.size}`);
      throw new Refusal('range_not_satisfiable', `The artifact has ${artifact.size} bytes.`);
    }
    await this.#send(reply, tenantId, artifact, part ?? { start: 0, end: artifact.size - 1 }, part !== null);
  }

  async #send(
    reply: FastifyReply,
    tenantId: string,
    artifact: ArtifactRow,
    { start, end }: { start: number; end: number },
    partial: boolean,
  ): Promise<void> {
    const content = await this.storage.open(tenantId, artifact, { start, end });
    reply
      .status(partial ? 206 : 200)
      .header('accept-ranges', 'bytes')
      .header('etag', `"${artifact.sha256}"`)
      .header('content-type', 'application/octet-stream')
      .header('content-length', end - start + 1);
    if (partial) reply.header('content-range', `bytes ${start}-${end}/${artifact.size}`);
    await reply.send(content);
  }
}
