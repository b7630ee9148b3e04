import { createHash } from 'node:crypto';
import type { ArtifactStorage, StoredContent } from './artifact-storage.js';
import { ContentDamaged } from './content-damaged.js';

/** Reads all of the stored content, whatever was known of it, and compares it with its digest. @throws ContentDamaged */
export async function verifyContent(storage: ArtifactStorage, tenantId: string, content: StoredContent): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of await storage.open(tenantId, content)) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found !== content.sha256) throw new ContentDamaged(content.sha256, `it has SHA-256 ${found}`);
}
