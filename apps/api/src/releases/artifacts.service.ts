import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type * as routes from '@muster/contracts/releases/releases.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { type ArtifactRow, artifactStore } from '@muster/persistence/releases/artifact.store';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { uploadsFolder } from '@muster/persistence/releases/artifact-storage/open-storage';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { parseContentRange } from './content-range.js';
import { toArtifact } from './release.resource.js';
import { bytesAt, hashFile, writeFrom } from './upload-file.js';

/** Uploads: declared by size and digest, resumable, verified as they lie on disk before anything may use them. */
@Injectable()
export class ArtifactsService {
  readonly #uploading = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly storage: ArtifactStorage,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  create(call: Call<typeof routes.createArtifact>) {
    const id = uuidv7();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await artifactStore.insert(
        tx,
        { id, ...call.body, createdBy: call.principal.name },
        this.clock.now(),
      );
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'artifact.declared',
        resource: `artifact:${id}`,
        after: call.body,
        requestId: call.requestId,
      });
      return toArtifact(row);
    });
  }

  async get(call: Call<typeof routes.getArtifact>) {
    return toArtifact(await this.#find(call.principal.tenantId, call.params.artifactId));
  }

  /** Takes content from where it stopped. What arrived of a broken upload is kept. */
  async put(call: Call<typeof routes.putArtifactContent>) {
    const { tenantId } = call.principal;
    const row = await this.#find(tenantId, call.params.artifactId);
    if (row.state === 'complete') return toArtifact(row);
    if (this.#uploading.has(row.id)) throw new Refusal('conflict', 'Another upload of this artifact is running.');
    this.#uploading.add(row.id);
    try {
      return toArtifact(await this.#receive(tenantId, row, call.request.headers['content-range'], call.request.body));
    } finally {
      this.#uploading.delete(row.id);
    }
  }

  async #receive(tenantId: string, row: ArtifactRow, header: string | undefined, body: unknown): Promise<ArtifactRow> {
    if (!isReadable(body)) throw new Refusal('unsupported_media_type', 'Send the content as application/octet-stream.');
    const path = join(uploadsFolder(this.settings.data), row.id);
    const present = await bytesAt(path, row.received);
    const range = parseContentRange(header, row.size);
    if (range === 'malformed' || range.start > present)
      throw new Refusal('range_not_satisfiable', `Go on at byte ${present}.`, { received: present, size: row.size });
    const limit = Math.min(range.end + 1, row.size);
    const { received, over } = await writeFrom(path, body, range.start, limit);
    if (over) {
      await this.database.tenant(tenantId, (tx) => artifactStore.receive(tx, row.id, 0));
      throw new Refusal('payload_too_large', `The artifact was declared with ${row.size} bytes.`, { size: row.size });
    }
    if (received < row.size) {
      await this.database.tenant(tenantId, (tx) => artifactStore.receive(tx, row.id, received));
      return { ...row, received };
    }
    return this.#complete(tenantId, row, path);
  }

  async #complete(tenantId: string, row: ArtifactRow, path: string): Promise<ArtifactRow> {
    const sha256 = await hashFile(path, row.size);
    if (sha256 !== row.sha256) {
      await this.database.tenant(tenantId, (tx) => artifactStore.receive(tx, row.id, 0));
      throw new Refusal('artifact_digest_mismatch', `The content has SHA-256 ${sha256}. Upload it again.`, { sha256 });
    }
    await this.storage.put(tenantId, row.sha256, path, row.size);
    return this.database.tenant(tenantId, (tx) => artifactStore.complete(tx, row.id));
  }

  async #find(tenantId: string, id: string): Promise<ArtifactRow> {
    const row = await this.database.tenant(tenantId, (tx) => artifactStore.find(tx, id));
    if (row === null) throw Refusal.notFound('artifact', id);
    return row;
  }
}

const isReadable = (body: unknown): body is Readable =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
