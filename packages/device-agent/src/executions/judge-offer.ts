import type { Manifest } from '@muster/contracts/releases/releases.schema';
import type { Installed } from './installer.js';

export interface OfferFacts {
  manifest: Manifest;
  model: string;
  installed: Installed;
  rollbackFloor: number;
  deadline: Date | null;
  now: Date;
}

export type OfferVerdict =
  | { kind: 'accept' }
  | { kind: 'satisfied' }
  | { kind: 'reject'; code: string; detail: string };

/** Whether this device should install this release now. */
export function judgeOffer({ manifest, model, installed, rollbackFloor, deadline, now }: OfferFacts): OfferVerdict {
  if (!manifest.models.includes(model))
    return {
      kind: 'reject',
      code: 'hardware_incompatible',
      detail: `${manifest.version} is for ${manifest.models.join(', ')}; this is ${model}`,
    };
  if (installed.version === manifest.version) {
    const same = installed.sha256 === null || installed.sha256 === manifest.artifact.sha256;
    // Nothing may change under a version number: two contents of one version cannot be told apart afterwards.
    if (same) return { kind: 'satisfied' };
    return { kind: 'reject', code: 'version_reused', detail: `${manifest.version} is installed with other content` };
  }
  if (manifest.rollbackIndex < rollbackFloor)
    return {
      kind: 'reject',
      code: 'rollback_index_too_low',
      detail: `index ${manifest.rollbackIndex} is below the floor ${rollbackFloor}`,
    };
  if (deadline && deadline <= now)
    return { kind: 'reject', code: 'deadline_passed', detail: `the offer ended ${deadline.toISOString()}` };
  return { kind: 'accept' };
}
