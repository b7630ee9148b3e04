import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import type { Files } from '../ports/files.js';

/** Where the coming identity is put together: first its key alone, then key and certificate. */
export const NEXT_IDENTITY = 'identity/next.json';

/**
 * The key of the next request, PEM. On disk before anything is asked, and the same one when power failed before the
 * answer was stored: the server answers a known key with the same certificate again, and refuses a second open request.
 */
export async function keyForRequest(files: Files): Promise<string> {
  const pending = await files.read(NEXT_IDENTITY);
  if (pending) return (JSON.parse(pending.toString()) as { key: string }).key;
  const key = keyToPem(generateDeviceKey());
  await files.replace(NEXT_IDENTITY, JSON.stringify({ key }));
  return key;
}
