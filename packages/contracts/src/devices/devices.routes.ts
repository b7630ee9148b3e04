import { z } from 'zod';
import { DeviceId, Name } from '../ids.js';
import { PageQuery, pageOf } from '../page.js';
import { route } from '../route.js';
import {
  Device,
  DeviceClass,
  DeviceClassTimes,
  DeviceEvent,
  DevicePage,
  DevicePatch,
  DeviceQuery,
  DeviceSighting,
  DeviceSummary,
  Drift,
  driftClasses,
  Explanation,
  FleetSummary,
  ImportReport,
  NewDevice,
  Selector,
  Site,
  SitePatch,
  SwapRequest,
  Twin,
  TwinRevision,
} from './devices.schema.js';

const one = z.object({ deviceId: DeviceId });

export const listDevices = route({
  method: 'GET',
  path: '/devices',
  summary: 'Devices by filter, keyset paged',
  permission: 'device:read',
  query: DeviceQuery,
  returns: DevicePage,
});
export const fleetSummary = route({
  method: 'GET',
  path: '/fleet/summary',
  summary: 'Counts over the fleet',
  permission: 'device:read',
  returns: FleetSummary,
});
export const createDevice = route({
  method: 'POST',
  path: '/devices',
  summary: 'Pre-register a device',
  permission: 'device:write',
  body: NewDevice,
  returns: Device,
  status: 201,
  idempotent: true,
  refuses: ['already_exists', 'validation_failed'],
});
export const importDevices = route({
  method: 'POST',
  path: '/devices/import',
  summary: 'Pre-register many devices, with a report per row',
  permission: 'device:write',
  body: z.strictObject({ rows: z.array(z.unknown()).min(1).max(5000) }),
  returns: ImportReport,
  status: 200,
  idempotent: true,
});
export const getDevice = route({
  method: 'GET',
  path: '/devices/:deviceId',
  summary: 'One device',
  permission: 'device:read',
  params: one,
  returns: Device,
  refuses: ['not_found'],
});
export const patchDevice = route({
  method: 'PATCH',
  path: '/devices/:deviceId',
  summary: 'Change name, site, class, labels or pin',
  permission: 'device:write',
  params: one,
  body: DevicePatch,
  returns: Device,
  match: true,
  refuses: ['not_found', 'precondition_failed', 'precondition_required'],
});
const lifecycle = (verb: string, summary: string) =>
  route({
    method: 'POST',
    path: `/devices/:deviceId/${verb}`,
    summary,
    permission: 'device:decommission',
    params: one,
    body: z.strictObject({ reason: z.string().min(1).max(500) }),
    returns: Device,
    match: true,
    refuses: ['not_found', 'transition_refused', 'precondition_failed', 'precondition_required'],
  });
export const startMaintenance = lifecycle('maintain', 'Put a device under maintenance');
export const activateDevice = lifecycle('activate', 'Return a device to active');
export const quarantineDevice = lifecycle('quarantine', 'Cut a device off, keeping its record');
export const decommissionDevice = lifecycle('decommission', 'Retire a device and revoke its certificates');

export const swapDevice = route({
  method: 'POST',
  path: '/devices/:deviceId/swap',
  summary: 'Replace the hardware: a new identity takes over place, labels, groups, wishes and history',
  permission: 'device:decommission',
  params: one,
  body: SwapRequest,
  returns: Device,
  status: 201,
  match: true,
  idempotent: true,
  refuses: [
    'not_found',
    'already_exists',
    'transition_refused',
    'validation_failed',
    'precondition_failed',
    'precondition_required',
  ],
});
export const listDeviceSightings = route({
  method: 'GET',
  path: '/devices/:deviceId/sightings',
  summary: 'Where the identity of a device was used lately',
  permission: 'device:read',
  params: one,
  returns: z.object({ items: z.array(DeviceSighting) }),
  refuses: ['not_found'],
});
export const dismissClone = route({
  method: 'POST',
  path: '/devices/:deviceId/clone/dismiss',
  summary: 'Say that a suspected clone is none',
  permission: 'device:write',
  params: one,
  body: z.strictObject({ reason: z.string().min(1).max(500) }),
  returns: Device,
  refuses: ['not_found', 'transition_refused'],
});
export const deviceTimeline = route({
  method: 'GET',
  path: '/devices/:deviceId/timeline',
  summary: 'What happened to a device',
  permission: 'device:read',
  params: one,
  query: PageQuery,
  returns: pageOf(DeviceEvent),
  refuses: ['not_found'],
});
export const explainDevice = route({
  method: 'GET',
  path: '/devices/:deviceId/explanation',
  summary: 'Why this device is or is not on target',
  permission: 'device:read',
  params: one,
  returns: Explanation,
  refuses: ['not_found'],
});
export const getTwin = route({
  method: 'GET',
  path: '/devices/:deviceId/twin',
  summary: 'Desired and reported state',
  permission: 'device:read',
  params: one,
  returns: Twin,
  refuses: ['not_found'],
});
export const patchTwin = route({
  method: 'PATCH',
  path: '/devices/:deviceId/twin/desired',
  summary: 'Merge-patch the desired state (RFC 7396)',
  permission: 'device:write',
  params: one,
  body: z.record(z.string(), z.unknown()),
  returns: Twin,
  match: true,
  refuses: ['not_found', 'precondition_failed', 'precondition_required', 'validation_failed'],
});
export const listDrift = route({
  method: 'GET',
  path: '/drift',
  summary: 'Drifted fields across the fleet',
  permission: 'device:read',
  query: PageQuery.extend({
    class: z.enum(driftClasses).optional(),
    path: z.string().max(300).optional(),
    deviceId: DeviceId.optional(),
  }),
  returns: pageOf(Drift),
});
export const driftByPath = route({
  method: 'GET',
  path: '/drift/by-path',
  summary: 'How many devices drift, field by field',
  permission: 'device:read',
  returns: z.object({
    items: z.array(
      z.object({ path: z.string(), class: z.enum(driftClasses), devices: z.number().int(), oldest: z.string() }),
    ),
    drifted: z.number().int(),
    total: z.number().int(),
  }),
});
export const previewSelector = route({
  method: 'POST',
  path: '/devices/preview',
  summary: 'Which devices a selector matches',
  permission: 'device:read',
  body: z.strictObject({ selector: Selector }),
  returns: z.object({ devices: z.number().int(), sample: z.array(DeviceSummary) }),
  status: 200,
});
export const twinHistory = route({
  method: 'GET',
  path: '/devices/:deviceId/twin/history',
  summary: 'Changes of the desired state, newest first',
  permission: 'device:read',
  params: one,
  query: PageQuery,
  returns: pageOf(TwinRevision),
  refuses: ['not_found'],
});
export const listDeviceClasses = route({
  method: 'GET',
  path: '/device-classes',
  summary: 'Device classes and how often their devices report',
  permission: 'device:read',
  returns: z.object({ items: z.array(DeviceClass) }),
});
export const putDeviceClass = route({
  method: 'PUT',
  path: '/device-classes/:name',
  summary: 'Set how often devices of a class report; makes the class when it is new',
  permission: 'device:write',
  params: z.object({ name: Name }),
  body: DeviceClassTimes,
  returns: DeviceClass,
  refuses: ['validation_failed'],
});

export const pinDevices = route({
  method: 'POST',
  path: '/devices/pin',
  summary: 'Pin a group to the release it runs, or let it go',
  permission: 'device:write',
  body: z.strictObject({ selector: Selector, pinned: z.boolean(), reason: z.string().max(500).optional() }),
  returns: z.object({ matched: z.number().int(), changed: z.number().int() }),
  status: 200,
  refuses: ['validation_failed'],
});
export const listSites = route({
  method: 'GET',
  path: '/sites',
  summary: 'Sites with their time zones',
  permission: 'device:read',
  returns: z.object({ items: z.array(Site) }),
});
export const updateSite = route({
  method: 'PATCH',
  path: '/sites/:name',
  summary: 'Set the time zone or region of a site',
  permission: 'device:write',
  params: z.object({ name: Name }),
  body: SitePatch,
  returns: Site,
  refuses: ['not_found', 'validation_failed'],
});
