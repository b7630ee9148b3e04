import { deviceReasons, isDeviceReason } from '@muster/contracts/reasons';
import type { DeviceFacts, Step, Update } from './explain-device.js';
import { explainKillSwitch } from './explain-waits.js';
import type { SiteWait } from './offerable-sites.js';

const title = 'Its turn';
const waits = (code: string, detail: string, facts: Record<string, unknown> = {}): Step => ({
  code,
  title,
  verdict: 'waiting',
  detail,
  facts,
});

const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** On the clock that hangs at the device, with the zone that it shows. */
const local = (at: Date, timezone: string): string => {
  const options = { weekday: 'short', day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
  return `${new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23', timeZone: timezone }).format(at)} (${timezone})`;
};

function siteWaits(wait: SiteWait, timezone: string): Step {
  switch (wait.code) {
    case 'frozen':
      return waits('frozen', `The freeze ${wait.name} holds every offer back until ${utc(wait.until)}.`, {
        until: wait.until.toISOString(),
      });
    case 'outside_window':
      return wait.next === null
        ? waits('window_closed', 'The maintenance window is closed, and none is in sight.')
        : waits('window_closed', `The maintenance window is closed; it opens ${local(wait.next.opensAt, timezone)}.`, {
            opensAt: wait.next.opensAt.toISOString(),
            timezone,
          });
    case 'site_budget':
      return waits(
        'site_budget',
        `${wait.load} of at most ${wait.allowance} devices of its site are updating; it is offered when one is done.`,
        { load: wait.load, allowance: wait.allowance },
      );
  }
}

/** It was asked, and asked for time: why, and when it is asked again. */
function deferral({ reasonCode, reasonDetail, notBefore }: Update): Step {
  const code = reasonCode ?? 'deferred';
  const why = reasonCode !== null && isDeviceReason(reasonCode) ? deviceReasons[reasonCode] : code.replaceAll('_', ' ');
  const detail = reasonDetail === null ? '' : ` (${reasonDetail})`;
  const again = notBefore ? ` It is asked again from ${utc(notBefore)}.` : '';
  return waits(code, `The device deferred: ${why.charAt(0).toLowerCase()}${why.slice(1)}${detail}.${again}`, {
    ...(notBefore && { notBefore: notBefore.toISOString() }),
  });
}

/** What stands between a device and its offer: the first thing that would have to change. */
export function explainTurn(update: Update, facts: DeviceFacts, now: Date | undefined): Step {
  if (update.state !== 'queued' && update.state !== 'unreachable' && update.state !== 'deferred')
    return { code: 'offered', title, verdict: 'pass', detail: 'The update was offered.' };
  const { killSwitch, wait, timezone = 'UTC', notBefore } = update;
  if (killSwitch) return waits('kill_switch', explainKillSwitch(killSwitch.by, killSwitch.reason));
  if (update.campaignState !== 'running' && update.campaignState !== 'held')
    return waits(`campaign_${update.campaignState}`, update.campaignSentence);
  if (update.waveState === 'planned')
    return waits('wave_not_open', `Wave ${update.wave} is not open. ${update.campaignSentence}`);
  const { blockedUntil } = facts;
  if (blockedUntil && now !== undefined && blockedUntil > now && !update.isRollback)
    return waits('blocked', `Its updates failed again and again; nothing is offered before ${utc(blockedUntil)}.`, {
      until: blockedUntil.toISOString(),
    });
  if (!facts.connected) return waits('offline', 'It is offered as soon as the device connects.');
  if (update.state === 'deferred' && (!notBefore || now === undefined || notBefore > now)) return deferral(update);
  if (wait) return siteWaits(wait, timezone);
  if (update.slotsFree <= 0) return waits('concurrency_cap', 'All slots are taken; it is offered when one is free.');
  return waits('next_tick', 'It is offered with the next tick.');
}
