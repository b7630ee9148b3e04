import type { ExecutionReportState, ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { executionStates } from '@muster/contracts/campaigns/executions.schema';
import { type EventOf, machine } from '../machine.js';

// What a device may say at any moment it is busy. Reports get lost and coalesced, so a device may jump ahead.
const endings = { fail: 'failed', reject: 'rejected', roll_back: 'rolling_back', abort: 'cancelled' } as const;
const afterBoot = { verify: 'verifying', ...endings } as const;
const afterInstall = { reboot: 'rebooting', ...afterBoot } as const;
const afterDownload = { install: 'installing', ...afterInstall } as const;
const afterAccept = { defer: 'deferred', fetch: 'downloading', fetched: 'downloaded', ...afterDownload } as const;
const fromTheStart = { accept: 'accepted', ...afterAccept } as const;

// What the server may do to a busy device.
const silence = { time_out: 'timed_out', doubt: 'in_doubt', supersede: 'superseded' } as const;
const recallable = { ...silence, cancel: 'cancelled', satisfy: 'already_satisfied', withdraw: 'queued' } as const;
const waiting = {
  offer: 'offered',
  cancel: 'cancelled',
  supersede: 'superseded',
  satisfy: 'already_satisfied',
  mismatch: 'incompatible',
  remove: 'removed',
  block: 'rollback_blocked',
} as const;

/**
 * One device's way through a campaign. The agent obeys it, the worker checks it, the console shows it.
 * Outcomes are sticky, with five written exceptions: a server's own time-out or doubt is provisional and a late
 * report may correct it (`apply-report` allows that once); a success may regress; an update may be returned; an
 * unreachable device that comes back is offered after all; a cancellation may come too late for the device.
 */
export const execution = machine(
  executionStates,
  {
    // A device that went offline with an offer in hand may have started: its report counts although we withdrew.
    queued: { ...waiting, lose: 'unreachable', ...fromTheStart },
    unreachable: { ...waiting, ...fromTheStart },
    offered: { ...fromTheStart, ...recallable },
    accepted: { ...afterAccept, ...recallable },
    // The device forgot the offer and is asked again; its reports count all the same, for one may cross the next offer.
    deferred: { ...waiting, ...fromTheStart, ...recallable, lose: 'unreachable' },
    downloading: { defer: 'deferred', fetched: 'downloaded', ...afterDownload, ...recallable },
    downloaded: { defer: 'deferred', ...afterDownload, ...recallable },
    // A device obeys a recall up to its restart.
    installing: { ...afterInstall, ...silence, withdraw: 'queued' },
    rebooting: { ...afterBoot, ...silence },
    verifying: { soak: 'soaking', ...endings, ...silence },
    soaking: { succeed: 'succeeded', return: 'rolled_back', ...endings, ...silence },
    rolling_back: { fail: 'failed', ...silence },
    timed_out: { ...fromTheStart, soak: 'soaking', return: 'rolled_back' },
    in_doubt: { ...fromTheStart, soak: 'soaking', return: 'rolled_back' },
    succeeded: { regress: 'regressed', return: 'rolled_back' },
    superseded: { return: 'rolled_back' },
    failed: { return: 'rolled_back' },
    regressed: { return: 'rolled_back' },
    rejected: {},
    // The device was past the point of no return before it heard of the cancellation.
    cancelled: { install: 'installing', reboot: 'rebooting', verify: 'verifying', return: 'rolled_back' },
    incompatible: {},
    already_satisfied: {},
    rolled_back: { regress: 'regressed' },
    rollback_blocked: {},
    removed: {},
  },
  'queued',
);
export type ExecutionEvent = EventOf<typeof execution>;

/** The event a device's report stands for. `succeeded` is only a claim, judged like `verifying`. */
export const reportEvents = {
  accepted: 'accept',
  deferred: 'defer',
  downloading: 'fetch',
  downloaded: 'fetched',
  installing: 'install',
  rebooting: 'reboot',
  verifying: 'verify',
  succeeded: 'verify',
  failed: 'fail',
  rejected: 'reject',
  cancelled: 'abort',
  regressed: 'regress',
} as const satisfies Record<ExecutionReportState, ExecutionEvent>;

/** Updating right now: what the concurrency cap counts. */
export const slotStates = [
  'offered',
  'accepted',
  'downloading',
  'downloaded',
  'installing',
  'rebooting',
  'verifying',
  'rolling_back',
] as const satisfies readonly ExecutionState[];

/** Something happens at the device, or is watched there: an offer is open and its clocks run. */
export const busyStates = [...slotStates, 'soaking'] as const satisfies readonly ExecutionState[];

/**
 * The device is taken: at most one execution per device may be in these states (a partial unique index says so). A
 * deferred one has no slot, yet no other campaign takes its device meanwhile.
 */
export const liveStates = [...busyStates, 'deferred'] as const satisfies readonly ExecutionState[];

/** Offered as soon as there is room: nothing of it is at the device. */
export const waitingStates = ['queued', 'unreachable', 'deferred'] as const satisfies readonly ExecutionState[];

/** Before the point of no return: nothing has been written to the device's slot yet. */
export const recallableStates = [
  'offered',
  'accepted',
  'deferred',
  'downloading',
  'downloaded',
] as const satisfies readonly ExecutionState[];

const live: ReadonlySet<ExecutionState> = new Set(liveStates);
const busy: ReadonlySet<ExecutionState> = new Set(busyStates);
const slots: ReadonlySet<ExecutionState> = new Set(slotStates);

export const isLive = (state: ExecutionState): boolean => live.has(state);
export const isBusy = (state: ExecutionState): boolean => busy.has(state);
export const holdsSlot = (state: ExecutionState): boolean => slots.has(state);
