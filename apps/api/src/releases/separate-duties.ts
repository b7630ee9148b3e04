import { authorBlocksSigning, signerBlocksLaunch } from '@muster/domain/releases/judge-signer';
import { audit } from '@muster/persistence/audit/audit.store';
import type { Tx } from '@muster/persistence/database';
import { governanceStore } from '@muster/persistence/tenants/governance.store';
import { personsBehind } from '../access/persons-behind.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const AUTHORING = ['release.drafted', 'release.changed', 'release.sbom_attached'] as const;

/** Who drafted, edited or described a draft does not sign it, where the tenant keeps duties apart. @throws Refusal */
export async function refuseAuthor(tx: Tx, releaseId: string, principal: Principal): Promise<void> {
  const { separateSigner } = await governanceStore.get(tx);
  if (!separateSigner) return;
  const authors = await handsIn(tx, releaseId, AUTHORING);
  if (authorBlocksSigning(separateSigner, authors, await personsBehind(tx, actorOf(principal))))
    throw new Refusal('author_may_not_sign', 'Who drafted or edited a release does not sign it.');
}

/** Who signed a release does not bring it to devices, where the tenant keeps duties apart. @throws Refusal */
export async function refuseSigner(tx: Tx, releaseId: string, principal: Principal): Promise<void> {
  const { separateSigner } = await governanceStore.get(tx);
  if (!separateSigner) return;
  const signers = await handsIn(tx, releaseId, ['release.signed']);
  if (signerBlocksLaunch(separateSigner, signers, await personsBehind(tx, actorOf(principal))))
    throw new Refusal('signer_may_not_deploy', 'Who signed a release does not launch or approve it.');
}

/** The audit log knows them by id, whatever they are called today, and tells people from keys. */
async function handsIn(tx: Tx, releaseId: string, actions: readonly string[]): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const action of actions)
    for (const { actor } of await audit.list(tx, { limit: 1_000, resource: `release:${releaseId}`, action }))
      for (const id of await personsBehind(tx, actor)) ids.add(id);
  return ids;
}
