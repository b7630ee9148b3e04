/** The permission catalogue: noun:verb. */
export const permissions = [
  'device:read',
  'device:write',
  'device:decommission',
  'enrollment:read',
  'enrollment:write',
  'certificate:revoke',
  'config:read',
  'config:write',
  'config:publish',
  'command:read',
  'command:send',
  'release:read',
  'release:write',
  'release:sign',
  'release:publish',
  'release:revoke',
  'campaign:read',
  'campaign:write',
  'campaign:operate',
  'campaign:approve',
  'fleet:stop',
  'telemetry:read',
  'dead_letter:read',
  'dead_letter:write',
  'audit:read',
  'access:read',
  'access:write',
  'notification:read',
  'notification:write',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['owner', 'admin', 'operator', 'release_manager', 'approver', 'auditor', 'viewer'] as const;
export type Role = (typeof roles)[number];
