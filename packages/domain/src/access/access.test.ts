import { permissions, type Role, roles } from '@muster/contracts/access/permissions';
import { letterTypes } from '@muster/contracts/live/live.events';
import { expect, test } from 'vitest';
import { permissionForLetter } from './letter-permission.js';
import { mayGrant, permissionsOf } from './role-permissions.js';

test('every permission is held by an owner and every role can look at devices', () => {
  expect(permissionsOf('owner')).toEqual(permissions);
  for (const role of roles) expect(permissionsOf(role)).toContain('device:read');
});

test('who only looks can change nothing', () => {
  for (const role of ['viewer', 'auditor'] as Role[]) {
    expect(permissionsOf(role).filter((permission) => !permission.endsWith(':read'))).toEqual([]);
  }
});

test('approving a campaign and running it are different roles', () => {
  for (const role of ['operator', 'release_manager'] as Role[]) {
    expect(permissionsOf(role)).toContain('campaign:operate');
    expect(permissionsOf(role)).not.toContain('campaign:approve');
  }
  expect(permissionsOf('approver')).not.toContain('campaign:operate');
});

test('only owners make owners, and only those with access:write make anybody', () => {
  expect(mayGrant('owner', 'owner')).toBe(true);
  expect(mayGrant('admin', 'owner')).toBe(false);
  expect(mayGrant('admin', 'admin')).toBe(true);
  expect(mayGrant('operator', 'viewer')).toBe(false);
});

test('every letter has a permission, and an unknown letter has none', () => {
  for (const type of Object.keys(letterTypes)) expect(permissions).toContain(permissionForLetter(type));
  expect(permissionForLetter('secret.leaked')).toBeNull();
});
