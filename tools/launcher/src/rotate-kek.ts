import { join } from 'node:path';
import { openKeks } from '@muster/pki/keys/kek';
import { type RotationReport, rewrapAll, rotateFiledKek } from '@muster/pki/keys/rotate-kek';
import { readSettings } from '@muster/runtime/config/settings';
import { UsageError } from './options.js';
import { say } from './terminal.js';

/**
 * A new key-encryption key under the sealed keys of `data`; the server may run meanwhile. With MUSTER_KEK the new one comes
 * from there and the old one from MUSTER_KEK_PREVIOUS. What was interrupted is finished by the next call.
 */
export const rotateKek = async ({ data }: { readonly data: string }): Promise<void> => {
  const folder = join(data, 'keys');
  const tell = (step: string) => say(`  ${step}`);
  const report = await (process.env.MUSTER_KEK ? rewrapGiven(folder, tell) : rotateFiledKek(folder, tell));
  say(`\n  ${report.keys} keys, ${report.rewrapped} wrapped anew\n`);
  if (report.failed.length === 0) return;
  const names = report.failed.map(({ name, why }) => `  ${name}: ${why}`).join('\n');
  throw new Error(`The old key-encryption key is still needed: these keys do not open.\n${names}`);
};

const rewrapGiven = async (folder: string, tell: (step: string) => void): Promise<RotationReport> => {
  // Only these two matter here: the command runs where no database is named.
  const url = 'postgres://localhost/unused';
  const { kek, kekPrevious } = readSettings({
    MUSTER_KEK: process.env.MUSTER_KEK,
    MUSTER_KEK_PREVIOUS: process.env.MUSTER_KEK_PREVIOUS,
    MUSTER_DATABASE_APP_URL: url,
    MUSTER_DATABASE_SYSTEM_URL: url,
  });
  if (kekPrevious === undefined)
    throw new UsageError('With MUSTER_KEK set, MUSTER_KEK_PREVIOUS must name the key-encryption key before it.');
  return rewrapAll(folder, await openKeks(folder, { kek, kekPrevious }), tell);
};
