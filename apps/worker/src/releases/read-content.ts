import { createHash } from 'node:crypto';
import type { ArtifactStorage, StoredContent } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';

/** Stored content in memory, verified. Rejects with ContentDamaged when it is not what was stored. */
export async function readContent(storage: ArtifactStorage, tenantId: string, content: StoredContent): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(content.size);
  const digest = createHash('sha256');
  let at = 0;
  for await (const chunk of await storage.open(tenantId, content)) {
    digest.update(chunk as Buffer);
    at += (chunk as Buffer).copy(whole, at);
  }
  if (at !== content.size || digest.digest('hex') !== content.sha256)
    throw new ContentDamaged(content.sha256, 'it has another SHA-256');
  return whole;
}
