import { type Permission, permissions, type Role } from '@muster/contracts/access/permissions';

const reads = permissions.filter((permission) => permission.endsWith(':read'));
const looks = reads.filter((permission) => !['audit:read', 'access:read', 'dead_letter:read'].includes(permission));

const table: Record<Role, readonly Permission[]> = {
  owner: permissions,
  admin: permissions,
  operator: [
    ...looks,
    'dead_letter:read',
    'dead_letter:write',
    'telemetry:write',
    'telemetry:export',
    'device:write',
    'enrollment:write',
    'enrollment:approve',
    'config:write',
    'config:publish',
    'command:send',
    'campaign:write',
    'campaign:operate',
    'fleet:stop',
  ],
  release_manager: [
    ...looks,
    'config:write',
    'config:publish',
    'release:write',
    'release:sign',
    'release:publish',
    'release:revoke',
    'campaign:write',
    'campaign:operate',
    'fleet:stop',
  ],
  approver: [...looks, 'audit:read', 'campaign:approve', 'enrollment:approve', 'trust:approve'],
  auditor: reads,
  viewer: looks,
};

/** What a role may do. An owner differs from an admin only in that owners alone make owners. */
export const permissionsOf = (role: Role): readonly Permission[] => table[role];

/** Whether somebody with `granter` may give `role` to another. */
export const mayGrant = (granter: Role, role: Role): boolean => {
  if (granter === 'owner') return true;
  if (role === 'owner') return false;
  return table[granter].includes('access:write');
};
