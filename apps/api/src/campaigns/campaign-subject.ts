import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { configStore } from '@muster/persistence/configs/config.store';
import type { Tx } from '@muster/persistence/database';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { type Fault, Refusal } from '../http/refusal.js';

const required = (pointer: string): Fault[] => [{ pointer, message: 'is needed for a campaign of this kind' }];

/** The release of a release campaign; for other kinds null, after a look that what they roll out exists. */
export async function subjectOf(tx: Tx, body: NewCampaign): Promise<ReleaseRow | null> {
  if (body.kind === 'command') {
    if (body.command === undefined)
      throw new Refusal('validation_failed', undefined, undefined, required('/body/command'));
    return null;
  }
  if (body.kind === 'config') {
    const { configId, configNumber } = body;
    if (configId === undefined || configNumber === undefined)
      throw new Refusal('validation_failed', undefined, undefined, required('/body/configId'));
    if ((await configStore.version(tx, configId, configNumber)) === null) throw Refusal.notFound('config', configId);
    return null;
  }
  if (body.releaseId === undefined)
    throw new Refusal('validation_failed', undefined, undefined, required('/body/releaseId'));
  const release = await releaseStore.find(tx, body.releaseId);
  if (release === null) throw Refusal.notFound('release', body.releaseId);
  return release;
}
