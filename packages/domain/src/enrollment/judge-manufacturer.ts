import { done, type Result, refused } from '../result.js';

export interface ManufacturerFacts {
  readonly state: 'unproven' | 'active' | 'disabled';
  readonly model: string;
  readonly approval: 'automatic' | 'queue';
}

type ManufacturerCode = 'certificate_unknown' | 'identity_mismatch';

/** Whether a device whose factory certificate was validated is let in. `provenSerial` is what the certificate says. */
export const judgeManufacturer = (
  manufacturer: ManufacturerFacts,
  device: { readonly model: string; readonly serial: string; readonly provenSerial: string | null },
): Result<'admit' | 'ask', ManufacturerCode> => {
  if (manufacturer.state !== 'active') return refused('certificate_unknown', 'Not accepted.');
  if (device.provenSerial === null)
    return refused('identity_mismatch', 'The factory certificate names no serial number where it is expected.');
  if (device.provenSerial !== device.serial)
    return refused('identity_mismatch', 'The factory certificate is of another serial number.');
  if (manufacturer.model !== device.model)
    return refused('identity_mismatch', 'The manufacturer is registered for another hardware model.');
  return done(manufacturer.approval === 'automatic' ? 'admit' : 'ask');
};
