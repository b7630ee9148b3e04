import { type commandReportStates, commandStates } from '@muster/contracts/commands/commands.schema';
import { type EventOf, machine } from '../machine.js';

/**
 * A command's life. `timed_out` surprises: it is the server's guess, so a device's later word still wins. `expired` is
 * knowledge (never sent, or the device refused it as too old) and final: an expired command never runs. `cancelling` may
 * still end in success: the device was faster.
 */
export const command = machine(
  commandStates,
  {
    queued: { send: 'sent', cancel: 'cancelled', expire: 'expired' },
    sent: {
      send: 'sent',
      acknowledge: 'acknowledged',
      succeed: 'succeeded',
      fail: 'failed',
      reject: 'rejected',
      expire: 'expired',
      lose: 'unknown',
      time_out: 'timed_out',
      cancel: 'cancelling',
      confirm_cancel: 'cancelled',
    },
    acknowledged: {
      acknowledge: 'acknowledged',
      succeed: 'succeeded',
      fail: 'failed',
      reject: 'rejected',
      lose: 'unknown',
      time_out: 'timed_out',
      cancel: 'cancelling',
      confirm_cancel: 'cancelled',
    },
    succeeded: {},
    failed: {},
    rejected: {},
    timed_out: {
      acknowledge: 'acknowledged',
      succeed: 'succeeded',
      fail: 'failed',
      reject: 'rejected',
      expire: 'expired',
      lose: 'unknown',
      confirm_cancel: 'cancelled',
    },
    expired: {},
    cancelling: {
      acknowledge: 'cancelling',
      succeed: 'succeeded',
      fail: 'failed',
      reject: 'rejected',
      expire: 'expired',
      lose: 'unknown',
      time_out: 'timed_out',
      cancel: 'cancelling',
      confirm_cancel: 'cancelled',
    },
    cancelled: {},
    unknown: {},
  },
  'queued',
);
export type CommandEvent = EventOf<typeof command>;

/** What a device's report means to the machine. */
export const commandReportEvents = {
  acknowledged: 'acknowledge',
  succeeded: 'succeed',
  failed: 'fail',
  rejected: 'reject',
  expired: 'expire',
  cancelled: 'confirm_cancel',
  unknown: 'lose',
} as const satisfies Record<(typeof commandReportStates)[number], CommandEvent>;
