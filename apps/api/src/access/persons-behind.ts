import { type Actor, audit } from '@muster/persistence/audit/audit.store';
import type { Tx } from '@muster/persistence/database';

/**
 * The ids of everybody who acts when this one does: itself, and whoever made the API key, and the key that made that
 * key. The audit log knows them by id, whatever they are called today.
 */
export async function personsBehind(tx: Tx, actor: Pick<Actor, 'type' | 'id'>): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let next: Pick<Actor, 'type' | 'id'> | undefined = actor; next !== undefined && !ids.has(next.id); ) {
    ids.add(next.id);
    if (next.type !== 'api_key') break;
    const [made]: { actor: Actor }[] = await audit.list(tx, {
      limit: 1,
      resource: `api_key:${next.id}`,
      action: 'api_key.created',
    });
    next = made?.actor;
  }
  return ids;
}
