import { z } from 'zod';
import { DeviceId, Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';

export const deviceStates = [
  'pre_registered',
  'pending_approval',
  'active',
  'maintenance',
  'quarantined',
  'decommissioning',
  'decommissioned',
] as const;
export type DeviceState = (typeof deviceStates)[number];

/** never: no heartbeat yet; online: within its interval; late: one missed; offline: `missedHeartbeats` missed or its Will arrived. */
export const presences = ['never', 'online', 'late', 'offline'] as const;
export type Presence = (typeof presences)[number];

export const driftClasses = ['unacknowledged', 'rejected', 'diverged', 'unmanaged', 'invalid', 'stale'] as const;
export type DriftClass = (typeof driftClasses)[number];

export const Labels = z
  .record(z.string().regex(/^[a-z][a-z0-9_.-]{0,62}$/), z.string().max(200))
  .meta({ id: 'Labels' });

/** Which devices: every given field must match; a list matches any of its values; labels match all. Empty selects all. */
export const Selector = z
  .strictObject({
    ids: z.array(DeviceId).max(10_000).optional(),
    model: z.array(Name).max(50).optional(),
    site: z.array(Name).max(200).optional(),
    class: z.array(Name).max(50).optional(),
    firmware: z.array(Name).max(50).optional(),
    labels: Labels.optional(),
  })
  .meta({ id: 'Selector' });
export type Selector = z.infer<typeof Selector>;

export const DeviceSummary = z
  .object({
    id: DeviceId,
    name: z.string(),
    serial: z.string(),
    model: z.string(),
    hardwareRevision: z.string().nullable(),
    class: z.string(),
    site: z.string().nullable(),
    labels: Labels,
    state: z.enum(deviceStates),
    presence: z.enum(presences),
    lastSeenAt: Instant.nullable(),
    firmwareVersion: z.string().nullable(),
    agentVersion: z.string().nullable(),
    health: z.enum(['ok', 'degraded', 'error']).nullable(),
    driftCount: z.number().int(),
    certificateNotAfter: Instant.nullable(),
    synthetic: z.boolean(),
    pinned: z.boolean(),
    createdAt: Instant,
  })
  .meta({ id: 'DeviceSummary' });
export type DeviceSummary = z.infer<typeof DeviceSummary>;

export const Device = DeviceSummary.extend({
  ...Reason.shape,
  /** Zone of its site: what maintenance windows follow. */
  timezone: z.string(),
  /** No update is offered before this: it failed again and again. */
  updatesBlockedUntil: Instant.nullable(),
  heartbeatS: z.number().int(),
  missedHeartbeats: z.number().int(),
  presenceSince: Instant.nullable(),
  connected: z.boolean(),
  /** The device whose place this one took, and the one that took its own. */
  predecessorId: DeviceId.nullable(),
  successorId: DeviceId.nullable(),
  /** Since when its identity seems to be in use in two places. */
  cloneSuspectedAt: Instant.nullable(),
  lastKnownGood: z.object({ releaseId: Id, version: z.string(), confirmedAt: Instant }).nullable(),
  desiredVersion: z.number().int(),
  reportedVersion: z.number().int(),
  ackedVersion: z.number().int(),
  version: z.number().int(),
}).meta({ id: 'Device' });
export type Device = z.infer<typeof Device>;

export const DeviceQuery = PageQuery.extend({
  q: z.string().max(120).optional(),
  state: z.enum(deviceStates).optional(),
  presence: z.enum(presences).optional(),
  model: z.string().max(120).optional(),
  site: z.string().max(120).optional(),
  class: z.string().max(120).optional(),
  firmware: z.string().max(120).optional(),
  drifted: z.enum(['true', 'false']).optional(),
  label: z
    .string()
    .max(270)
    .regex(/^[^=]+=.*$/, 'must be key=value')
    .optional(),
  sort: z.enum(['name', '-name', 'lastSeenAt', '-lastSeenAt', 'createdAt', '-createdAt']).default('name'),
});
export type DeviceQuery = z.infer<typeof DeviceQuery>;

export const NewDevice = z
  .strictObject({
    name: Name.optional(),
    serial: Name,
    model: Name,
    hardwareRevision: Name.optional(),
    class: Name.default('gateway'),
    site: Name.optional(),
    labels: Labels.default({}),
  })
  .meta({ id: 'NewDevice' });
export type NewDevice = z.infer<typeof NewDevice>;

/** What devices of a class owe us: a heartbeat this often, and how many may be missed before one counts as offline. */
export const DeviceClassTimes = z
  .strictObject({
    heartbeatS: z.number().int().min(5).max(3600),
    missedHeartbeats: z.number().int().min(1).max(100),
  })
  .meta({ id: 'DeviceClassTimes' });
export type DeviceClassTimes = z.infer<typeof DeviceClassTimes>;

export const DeviceClass = DeviceClassTimes.extend({ name: Name }).meta({ id: 'DeviceClass' });
export type DeviceClass = z.infer<typeof DeviceClass>;

export const DevicePatch = z
  .strictObject({
    name: Name.optional(),
    site: Name.nullable().optional(),
    class: Name.optional(),
    labels: Labels.optional(),
    pinned: z.boolean().optional(),
    /** Null ends the pause after repeated failures. */
    updatesBlockedUntil: z.null().optional(),
  })
  .meta({ id: 'DevicePatch' });
export type DevicePatch = z.infer<typeof DevicePatch>;

/** A place with a clock of its own. */
export const Site = z
  .object({ name: z.string(), region: z.string().nullable(), timezone: z.string(), devices: z.number().int() })
  .meta({ id: 'Site' });
export type Site = z.infer<typeof Site>;
export const SitePatch = z
  .strictObject({ region: Name.nullable().optional(), timezone: z.string().min(1).max(64).optional() })
  .meta({ id: 'SitePatch' });

export const DevicePage = pageOf(DeviceSummary);

/** Counts for the overview and the list's filters; `asOf` says when. */
export const FleetSummary = z
  .object({
    asOf: Instant,
    total: z.number().int(),
    presence: z.record(z.enum(presences), z.number().int()),
    states: z.record(z.enum(deviceStates), z.number().int()),
    drifted: z.number().int(),
    health: z.object({
      ok: z.number().int(),
      degraded: z.number().int(),
      error: z.number().int(),
      unknown: z.number().int(),
    }),
    firmware: z.array(z.object({ model: z.string(), version: z.string().nullable(), count: z.number().int() })),
    sites: z.array(z.object({ site: z.string().nullable(), total: z.number().int(), online: z.number().int() })),
    models: z.array(z.object({ model: z.string(), total: z.number().int() })),
    certificatesExpiring30d: z.number().int(),
  })
  .meta({ id: 'FleetSummary' });
export type FleetSummary = z.infer<typeof FleetSummary>;

export const deviceEventKinds = [
  'enrolled',
  'online',
  'offline',
  'twin',
  'config',
  'drift',
  'command',
  'execution',
  'certificate',
  'state',
  'reboot',
] as const;
export const DeviceEvent = z
  .object({
    id: Id,
    at: Instant,
    kind: z.enum(deviceEventKinds),
    summary: z.string(),
    facts: z.record(z.string(), z.unknown()),
    /** The hardware it happened to, where that stood in the device's place before it; null for the device itself. */
    predecessor: z.object({ deviceId: DeviceId, serial: z.string() }).nullable(),
  })
  .meta({ id: 'DeviceEvent' });
export type DeviceEvent = z.infer<typeof DeviceEvent>;

export const Drift = z
  .object({
    deviceId: DeviceId,
    deviceName: z.string(),
    path: z.string(),
    class: z.enum(driftClasses),
    desired: z.unknown().nullable(),
    reported: z.unknown().nullable(),
    cause: z.string().nullable(),
    since: Instant,
  })
  .meta({ id: 'Drift' });
export type Drift = z.infer<typeof Drift>;

export const Twin = z
  .object({
    deviceId: DeviceId,
    desired: z.record(z.string(), z.unknown()),
    desiredVersion: z.number().int(),
    desiredAt: Instant.nullable(),
    reported: z.record(z.string(), z.unknown()),
    reportedVersion: z.number().int(),
    reportedAt: Instant.nullable(),
    ackedVersion: z.number().int(),
    drifts: z.array(Drift),
  })
  .meta({ id: 'Twin' });
export type Twin = z.infer<typeof Twin>;

/** One accepted change of the desired state: only what changed, by whom. */
export const TwinRevision = z
  .object({ version: z.number().int(), patch: z.record(z.string(), z.unknown()), actor: z.string(), at: Instant })
  .meta({ id: 'TwinRevision' });
export type TwinRevision = z.infer<typeof TwinRevision>;

/** One rung of the ladder that answers "why is this device not on target?". */
export const Explanation = z
  .object({
    sentence: z.string(),
    code: z.string(),
    steps: z.array(
      z.object({
        code: z.string(),
        title: z.string(),
        verdict: z.enum(['pass', 'fail', 'waiting', 'unknown']),
        detail: z.string(),
        facts: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof Explanation>;

export const ImportReport = z
  .object({
    created: z.number().int(),
    existing: z.number().int(),
    failed: z.number().int(),
    rows: z.array(
      z.object({
        row: z.number().int(),
        outcome: z.enum(['created', 'existing', 'failed']),
        deviceId: DeviceId.nullable(),
        message: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'ImportReport' });

/** The hardware that takes a device's place. */
export const SwapRequest = z
  .strictObject({
    serial: Name,
    model: Name.optional(),
    hardwareRevision: Name.optional(),
    reason: z.string().min(1).max(500),
  })
  .meta({ id: 'SwapRequest' });
export type SwapRequest = z.infer<typeof SwapRequest>;

/** One certificate used from one address: several that overlap are what a cloned identity looks like. */
export const DeviceSighting = z
  .object({
    fingerprint: z.string(),
    address: z.string(),
    firstAt: Instant,
    lastAt: Instant,
    sessions: z.number().int(),
    connected: z.boolean(),
  })
  .meta({ id: 'DeviceSighting' });
export type DeviceSighting = z.infer<typeof DeviceSighting>;
