import { createPublicKey } from 'node:crypto';
import { keyFromPem } from '@muster/pki/client/device-key';
import { IdentityStore } from '../identity/identity-store.js';
import { fingerprintOfKey, openRequest } from '../identity/open-request.js';
import { DiskFiles } from '../ports/disk-files.js';

/** Makes the key this device will enrol with, once, and says what a person registers it with. Throws with a sentence. */
export async function makeKey(folder: string): Promise<string> {
  const files = new DiskFiles(folder);
  if (await IdentityStore.open(files)) throw new Error(`the device of ${folder} is enrolled; its key is in use`);
  const { key } = await openRequest(files);
  const { sha256, words } = fingerprintOfKey(key);
  const publicKey = createPublicKey(keyFromPem(key)).export({ type: 'spki', format: 'pem' });
  return `keySha256: ${sha256}\nwords:     ${words.join(' ')}\n${publicKey}`;
}
