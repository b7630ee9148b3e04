import type { severities } from '@muster/contracts/notifications/notifications.schema';

export interface NotificationText {
  readonly kind: string;
  readonly severity: (typeof severities)[number];
  readonly title: string;
  readonly body: string;
  /** Address in the console. */
  readonly link: string | null;
}

interface Told {
  readonly campaignId?: string;
  readonly sentence?: string;
  readonly deviceId?: string;
}

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
      return about('critical', 'Campaign halted');
    case 'campaign.completed':
      return about('info', 'Campaign completed');
    case 'campaign.rollback_finished':
      return about('warning', 'Rollback finished');
    case 'certificate.revoked':
      return { ...about('warning', 'Certificate revoked'), body: 'The device was cut off and must enrol again.' };
    default:
      return null;
  }
};
