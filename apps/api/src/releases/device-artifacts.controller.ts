import { Database } from '@muster/persistence/database';
import { artifactStore } from '@muster/persistence/releases/artifact.store';
import {
  ArtifactStorage,
  type ByteRange,
  type StoredContent,
} from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { deltaStore } from '@muster/persistence/releases/delta.store';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallingDevice, type DeviceCaller } from '../device-door/calling-device.js';
import { DeviceGuard } from '../device-door/device.guard.js';
import { Refusal } from '../http/refusal.js';
import { parseRange } from './content-range.js';

/**
 * Artifacts, and deltas to them, as devices fetch them: over mutual TLS, and only while an open execution of the device
 * leads to the content. What is not stored as it should be is refused before the first byte.
 */
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
    const content = await this.#allowed(tenantId, deviceId, ref);
    if (content === null) throw new Refusal('artifact_forbidden');
    const part = parseRange(request.headers.range, content.size);
    if (part === 'unsatisfiable') {
      reply.header('content-range', `bytes */${content.size}`);
      throw new Refusal('range_not_satisfiable', `The artifact has ${content.size} bytes.`);
    }
    await this.#send(reply, tenantId, content, part ?? { start: 0, end: content.size - 1 }, part !== null);
  }

  #allowed(tenantId: string, deviceId: string, ref: string): Promise<StoredContent | null> {
    return this.database.tenant(
      tenantId,
      async (tx) =>
        (await artifactStore.allowedTo(tx, deviceId, ref)) ?? (await deltaStore.allowedTo(tx, deviceId, ref)),
    );
  }

  async #send(
    reply: FastifyReply,
    tenantId: string,
    content: StoredContent,
    { start, end }: ByteRange,
    partial: boolean,
  ): Promise<void> {
    const bytes = await this.storage.open(tenantId, content, { start, end });
    reply
      .status(partial ? 206 : 200)
      .header('accept-ranges', 'bytes')
      .header('etag', `"${content.sha256}"`)
      .header('content-type', 'application/octet-stream')
      .header('content-length', end - start + 1);
    if (partial) reply.header('content-range', `bytes ${start}-${end}/${content.size}`);
    await reply.send(bytes);
  }
}
