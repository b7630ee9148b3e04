import type { LetterType } from '@muster/contracts/live/live.events';
import type { Letter } from '@muster/persistence/outbox/outbox.store';

/** Every queue there is. Few on purpose: each costs a listening connection. */
export const queues = [
  'outbox',
  'telemetry',
  'storage',
  'anomalies',
  'devices',
  'configs',
  'commands',
  'campaigns',
  'releases',
  'certificates',
  'notifications',
] as const;
export type QueueName = (typeof queues)[number];

export interface Route {
  readonly queue: QueueName;
  /** Name of the job; with the queue it names the consumer. */
  readonly job: string;
  /** What others of its queue may overtake: everything without one goes first, then the lower number. */
  readonly priority?: number;
}

/** What a job made from a letter carries. */
export type LetterJob = Omit<Letter, 'createdAt'>;

/** Which letters make jobs, and for whom. Everything else is only streamed to people. */
export const routing: Partial<Record<LetterType, readonly Route[]>> = {
  'device.enrolled': [
    { queue: 'configs', job: 'render-device' },
    { queue: 'notifications', job: 'notify' },
  ],
  'device.changed': [
    { queue: 'configs', job: 'render-device' },
    { queue: 'devices', job: 'follow-state' },
    { queue: 'campaigns', job: 'check-version' },
    { queue: 'certificates', job: 'cut-session' },
  ],
  // What waits for a device is sent when its first heartbeat after connecting arrives.
  'device.connected': [
    { queue: 'devices', job: 'judge-presence' },
    { queue: 'certificates', job: 'deliver-trust', priority: 10 },
    { queue: 'configs', job: 'deliver-desired' },
    { queue: 'commands', job: 'deliver-pending' },
    { queue: 'campaigns', job: 'deliver-offer' },
  ],
  'twin.desired_changed': [{ queue: 'configs', job: 'deliver-desired' }],
  'device.drifted': [
    { queue: 'configs', job: 'remediate' },
    { queue: 'campaigns', job: 'follow-twin' },
  ],
  'device.converged': [{ queue: 'campaigns', job: 'follow-twin' }],
  'config.changed': [{ queue: 'configs', job: 'render-all' }],
  'config.published': [{ queue: 'configs', job: 'render' }],
  'command.created': [{ queue: 'commands', job: 'dispatch' }],
  'command.changed': [{ queue: 'campaigns', job: 'follow-command' }],
  'command.cancel_requested': [{ queue: 'commands', job: 'cancel' }],
  'execution.offered': [{ queue: 'campaigns', job: 'deliver-offer' }],
  'execution.cancelled': [{ queue: 'campaigns', job: 'deliver-cancel' }],
  'campaign.changed': [{ queue: 'campaigns', job: 'tick-campaign' }],
  'campaign.halted': [{ queue: 'notifications', job: 'notify' }],
  'campaign.completed': [{ queue: 'notifications', job: 'notify' }],
  'campaign.rollback_finished': [{ queue: 'notifications', job: 'notify' }],
  'campaign.stalled': [{ queue: 'notifications', job: 'notify' }],
  'campaign.awaiting_approval': [{ queue: 'notifications', job: 'notify' }],
  'kill_switch.changed': [{ queue: 'notifications', job: 'notify' }],
  'certificate.revoked': [
    { queue: 'certificates', job: 'cut-session' },
    { queue: 'notifications', job: 'notify' },
  ],
  'certificate.ended': [{ queue: 'certificates', job: 'cut-session' }],
  'trust.finding_opened': [{ queue: 'notifications', job: 'notify' }],
  'device.clone_suspected': [{ queue: 'notifications', job: 'notify' }],
  'anomaly.opened': [{ queue: 'notifications', job: 'notify' }],
  'anomaly.closed': [{ queue: 'notifications', job: 'notify' }],
  'trust.bundle_made': [{ queue: 'certificates', job: 'spread-bundle', priority: 10 }],
  'trust.rollover_changed': [{ queue: 'certificates', job: 'ask-renewals', priority: 10 }],
  'certificate.renewal_requested': [{ queue: 'certificates', job: 'deliver-trust' }],
  'dead_letter.replay_requested': [{ queue: 'telemetry', job: 'replay' }],
  'dead_letter.replays_requested': [{ queue: 'telemetry', job: 'replay-many' }],
};
