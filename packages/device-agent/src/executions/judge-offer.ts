import type { DeviceReason } from '@muster/contracts/reasons';
import { type Manifest, Version } from '@muster/contracts/releases/releases.schema';
import { compareVersions } from '@muster/domain/releases/compare-versions';
import type { DeviceDescription } from '../identity/identity.js';
import type { Installed } from './installer.js';

export interface OfferFacts {
  manifest: Manifest;
  /** What the signed offer allows. */
  allows: { rollback: boolean; downgrade: boolean };
  device: Pick<DeviceDescription, 'model' | 'hardwareRevision'>;
  installed: Installed;
  rollbackFloor: number;
  deadline: Date | null;
  now: Date;
}

export type OfferVerdict =
  | { kind: 'accept' }
  | { kind: 'satisfied' }
  | { kind: 'reject'; code: DeviceReason; detail: string };

const reject = (code: DeviceReason, detail: string): OfferVerdict => ({ kind: 'reject', code, detail });

/** Whether this device should install this release, whatever the moment. What the moment forbids is judge-readiness. */
export function judgeOffer(facts: OfferFacts): OfferVerdict {
  const { manifest, installed, rollbackFloor, deadline, now } = facts;
  const misfit = misfitOf(facts);
  if (misfit !== null) return reject('hardware_incompatible', misfit);
  if (installed.version === manifest.version) {
    const same = installed.sha256 === null || installed.sha256 === manifest.artifact.sha256;
    // Nothing may change under a version number: two contents of one version cannot be told apart afterwards.
    if (same) return { kind: 'satisfied' };
    return reject('version_reused', `${manifest.version} is installed with other content`);
  }
  if (manifest.rollbackIndex < rollbackFloor)
    return reject('rollback_index_too_low', `index ${manifest.rollbackIndex} is below the floor ${rollbackFloor}`);
  const { allows } = facts;
  if (!allows.rollback && !allows.downgrade && isBelow(manifest.version, installed.version))
    return reject('downgrade_refused', `runs ${installed.version}, which is newer than ${manifest.version}`);
  if (!allows.rollback && manifest.minVersion !== undefined && isBelow(installed.version, manifest.minVersion))
    return reject('below_min_version', `runs ${installed.version}; ${manifest.version} needs ${manifest.minVersion}`);
  if (deadline && deadline <= now) return reject('deadline_passed', `the offer ended ${deadline.toISOString()}`);
  return { kind: 'accept' };
}

function misfitOf({ manifest, device }: OfferFacts): string | null {
  const { version, models, hardwareRevisions = [] } = manifest;
  if (!models.includes(device.model)) return `${version} is for ${models.join(', ')}; this is ${device.model}`;
  if (hardwareRevisions.length === 0) return null;
  const { hardwareRevision: own } = device;
  if (own !== undefined && hardwareRevisions.includes(own)) return null;
  return `${version} is for revisions ${hardwareRevisions.join(', ')}; this is ${own ?? 'of a revision nobody said'}`;
}

/** By semantic version. Numbers that are not one cannot be compared, and nothing is refused for them. */
const isBelow = (version: string, than: string): boolean =>
  Version.safeParse(version).success && Version.safeParse(than).success && compareVersions(version, than) < 0;
