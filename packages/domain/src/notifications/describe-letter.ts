import type { severities } from '@muster/contracts/notifications/notifications.schema';

export interface NotificationText {
  readonly kind: string;
  readonly severity: (typeof severities)[number];
  readonly title: string;
  readonly body: string;
  /** Address in the console. */
  readonly link: string | null;
}

/** What a letter may say; each says some of it. */
export interface Told {
  readonly campaignId?: string;
  readonly sentence?: string;
  readonly deviceId?: string;
  readonly failed?: 'start' | 'rollback';
  readonly engaged?: boolean;
  readonly by?: string;
  readonly reason?: string;
  /** Of a finding about certificates. */
  readonly kind?: string;
  readonly suspect?: 'sensor' | 'asset' | 'device';
}

const halts = {
  rollout: 'Campaign halted',
  rollback: 'Rollback failed',
  start: 'Campaign did not start',
} as const;

const findings: Record<string, [NotificationText['severity'], string]> & {
  other: [NotificationText['severity'], string];
} = {
  certificate_expired: ['critical', 'Certificates have expired'],
  crl_past_half: ['critical', 'A revocation list grows old'],
  enrollment_failures: ['warning', 'Unusually many enrolments are refused'],
  renewal_overdue: ['warning', 'Renewals are overdue'],
  authority_expiring: ['warning', 'An authority is due for a new generation'],
  other: ['info', 'Certificates need somebody'],
};

const unlike = {
  sensor: 'A sensor looks faulty',
  asset: 'An asset behaves unlike itself',
  device: 'A device sends too much',
} as const;

/** What people are told of a letter; null for letters that go to webhooks only, or to nobody. */
export const describeLetter = (type: string, payload: Told): NotificationText | null => {
  const about = (severity: NotificationText['severity'], title: string): NotificationText => ({
    kind: type,
    severity,
    title,
    body: payload.sentence ?? '',
    link: payload.campaignId ? `/campaigns/${payload.campaignId}` : `/devices/${payload.deviceId}`,
  });
  switch (type) {
    case 'campaign.halted':
      return about('critical', halts[payload.failed ?? 'rollout']);
    case 'campaign.completed':
      return about('info', 'Campaign completed');
    case 'campaign.rollback_finished':
      return about('warning', 'Rollback finished');
    case 'campaign.stalled':
      return about('warning', 'Campaign stalled');
    case 'campaign.awaiting_approval':
      return about('info', 'Campaign waits for approval');
    case 'kill_switch.changed':
      return {
        ...about(payload.engaged ? 'critical' : 'warning', `Kill switch ${payload.engaged ? 'engaged' : 'released'}`),
        body: `${payload.by ?? 'Somebody'} ${payload.engaged ? 'stopped all campaigns and commands' : 'released it; paused campaigns wait to be resumed'}: ${payload.reason ?? 'no reason given'}.`,
        link: '/campaigns',
      };
    case 'certificate.revoked':
      return { ...about('warning', 'Certificate revoked'), body: 'The device was cut off and must enrol again.' };
    case 'device.clone_suspected':
      return about('critical', 'An identity seems to be in use twice');
    case 'trust.finding_opened':
      return { ...about(...(findings[payload.kind ?? ''] ?? findings.other)), link: '/trust' };
    case 'anomaly.opened':
      return about(payload.suspect === 'sensor' ? 'info' : 'warning', unlike[payload.suspect ?? 'asset']);
    default:
      return null;
  }
};
