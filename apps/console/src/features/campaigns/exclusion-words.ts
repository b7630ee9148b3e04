import { words } from '../../ui/format.js';

const said: Readonly<Record<string, string>> = {
  decommissioned: 'decommissioned',
  quarantined: 'quarantined',
  not_active: 'not active yet',
  in_maintenance: 'under maintenance',
  hardware_incompatible: 'other hardware',
  pinned: 'pinned to what they run',
  rollback_index_too_low: 'below their rollback index',
  already_satisfied: 'already there',
  in_another_campaign: 'in another campaign',
  downgrade_refused: 'on a newer version',
  below_min_version: 'too old to take it directly',
  must_pass_through: 'must take an earlier release first',
  blocked: 'blocked after repeated failures',
  excluded_by_operator: 'left out by a person',
};

/** Why devices are left out, as a group of them is called: "already there", "in another campaign". */
export const exclusionWords = (code: string): string => said[code] ?? words(code).toLowerCase();
