import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { Refusal } from '../http/refusal.js';
import { isTakenAway } from './admit-device.js';
import type { Entry, Way } from './ways/way.js';

/**
 * The answer to a power cut between issued and saved: the same key with the same credential gets the same certificate,
 * while the credential lives. Any other second use of a key is refused. Null for a key that is new.
 * @throws Refusal key_in_use, key_reused, device_tombstoned
 */
export const repeatEnrolment = async (
  tx: Tx,
  { way, entry }: { readonly way: Way; readonly entry: Entry },
  claim: EnrollRequest,
  keyHash: string,
  now: Date,
): Promise<CertificateRow | null> => {
  const used = await certificateStore.findByKey(tx, keyHash);
  if (!used) return null;
  const device = await deviceStore.find(tx, used.deviceId);
  if (device?.model !== claim.model || device.serial !== claim.serial) throw new Refusal('key_in_use');
  const same = used.tokenId === way.tokenId && used.source === way.source && (used.sourceId ?? null) === entry.sourceId;
  const lives = (used.state === 'issued' || used.state === 'active') && now < used.notAfter;
  const enrolled = device.state === 'active' || device.state === 'maintenance';
  if (same && lives && enrolled && entry.alive) return used;
  throw isTakenAway(used) || !enrolled
    ? new Refusal('device_tombstoned')
    : new Refusal('key_reused', 'Enrol with a new key.');
};
