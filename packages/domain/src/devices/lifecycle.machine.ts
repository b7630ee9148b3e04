import { deviceStates } from '@muster/contracts/devices/devices.schema';
import { type EventOf, machine } from '../machine.js';

/**
 * A device's life. Quarantine is no end: the record and its history stay and the device may return, but not with its old
 * certificates. Decommissioning lasts until its session is cut; a device that never enrolled has no session to cut.
 */
export const lifecycle = machine(
  deviceStates,
  {
    pre_registered: { enroll: 'active', request_approval: 'pending_approval', decommission: 'decommissioned' },
    pending_approval: { approve: 'active', deny: 'pre_registered', decommission: 'decommissioned' },
    active: { maintain: 'maintenance', quarantine: 'quarantined', decommission: 'decommissioning' },
    maintenance: { activate: 'active', quarantine: 'quarantined', decommission: 'decommissioning' },
    quarantined: { activate: 'active', readmit: 'active', decommission: 'decommissioning' },
    decommissioning: { complete: 'decommissioned' },
    // By a person's permission for this one device, spent when it enrols.
    decommissioned: { readmit: 'active' },
  },
  'pre_registered',
);
export type LifecycleEvent = EventOf<typeof lifecycle>;
