import type { TrustChangeInput } from '@muster/contracts/trust/trust.schema';

/** What a step is called, as a heading. */
export const changeTitle = (change: TrustChangeInput): string => {
  switch (change.kind) {
    case 'start_rollover':
      return change.authority === 'root' ? 'Begin a new root' : 'Begin a new device authority';
    case 'distribute':
      return 'Tell devices and brokers to trust the new generation';
    case 'switch_issuing':
      return change.share === 0
        ? 'Issue from the new generation'
        : `Issue from the new generation and renew ${change.share}% of the devices`;
    case 'retire':
      return 'Retire the old generation';
    case 'roll_back':
      return 'Take the rollover back';
    case 'rotate_key':
      return `Rotate the ${change.purpose} key`;
    case 'register_release_key':
      return 'Register a release key that is kept elsewhere';
    case 'activate_key':
      return `Sign with the key ${change.kid}`;
    case 'revoke_key':
      return `Revoke the key ${change.kid}`;
    case 'revoke_many':
      return change.authorityId
        ? 'Revoke every certificate of an authority'
        : `Revoke ${change.certificateIds?.length ?? 0} certificates`;
  }
};

/** Steps that end something for good, or take trust away from devices. */
export const isGrave = ({ kind }: TrustChangeInput): boolean =>
  kind === 'retire' || kind === 'revoke_key' || kind === 'revoke_many';
