import type { Explanation } from '@muster/contracts/devices/devices.schema';

/** What may stand between a campaign and its next offer, beside its gate. What is left out is not known, and not told. */
export interface WaitFacts {
  readonly killSwitch?: { readonly by: string | null; readonly reason: string | null } | null;
  /** Devices of opened waves that wait for their offer, and how many of them are connected. */
  readonly waiting?: { readonly queued: number; readonly online: number };
  readonly slots?: { readonly taken: number; readonly concurrency: number };
  /** Slots are free and so many were offered in the last minute. */
  readonly rate?: { readonly offered: number; readonly perMinute: number } | null;
  /** A freeze that covers every waiting device. */
  readonly freeze?: { readonly name: string; readonly until: Date } | null;
  /** No window is open for any waiting device; null when nobody knows when the next one opens. */
  readonly window?: { readonly opensAt: Date | null } | null;
  /** Sites whose budget is used up. */
  readonly fullSites?: readonly string[];
  /** Devices that deferred, by the reason they gave, most first. */
  readonly deferred?: readonly { readonly code: string; readonly count: number }[];
  readonly stalledAt?: Date | null;
}

type Step = Explanation['steps'][number];

const devices = (n: number): string => `${n} ${n === 1 ? 'device' : 'devices'}`;
const instant = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const waits = (code: string, title: string, detail: string, facts: Record<string, unknown> = {}): Step => ({
  code,
  title,
  verdict: 'waiting',
  detail,
  facts,
});

export const explainKillSwitch = (by: string | null, reason: string | null): string =>
  `The kill switch was engaged${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}. Nothing is offered until it is released.`;

/** What a campaign waits for, the strongest first: each with a code of its own. */
export function explainWaits(facts: WaitFacts): Step[] {
  const { killSwitch, freeze, window, slots, rate, waiting, fullSites = [], deferred = [], stalledAt } = facts;
  const steps: Step[] = [];
  if (killSwitch) steps.push(waits('kill_switch', 'Kill switch', explainKillSwitch(killSwitch.by, killSwitch.reason)));
  if (freeze)
    steps.push(
      waits('frozen', 'Freeze', `The freeze ${freeze.name} holds every offer back until ${instant(freeze.until)}.`, {
        until: freeze.until.toISOString(),
      }),
    );
  if (window)
    steps.push(
      waits(
        'window_closed',
        'Window',
        window.opensAt === null
          ? 'No maintenance window is open for a waiting device.'
          : `No maintenance window is open for a waiting device; the next one opens ${instant(window.opensAt)}.`,
        window.opensAt === null ? {} : { opensAt: window.opensAt.toISOString() },
      ),
    );
  if (slots !== undefined && slots.taken >= slots.concurrency)
    steps.push(
      waits(
        'concurrency_cap',
        'Slots',
        `All ${slots.concurrency} slots are taken; the next device is offered when one is free.`,
        { ...slots },
      ),
    );
  if (rate && rate.offered >= rate.perMinute)
    steps.push(
      waits('rate', 'Rate', `${rate.offered} were offered within a minute, and the plan allows no more.`, { ...rate }),
    );
  if (fullSites.length > 0)
    steps.push(
      waits(
        'site_budget',
        'Site budget',
        `${fullSites.length === 1 ? `Site ${fullSites[0]} has` : `${fullSites.length} sites have`} as many devices updating as the plan allows.`,
        { sites: fullSites },
      ),
    );
  const again = deferred.reduce((sum, { count }) => sum + count, 0);
  if (again > 0) {
    const why = deferred.map(({ code, count }) => `${code.replaceAll('_', ' ')} ${count}`).join(', ');
    steps.push(
      waits('deferred', 'Not now', `${devices(again)} deferred (${why}); each is asked again when it said.`, {
        reasons: Object.fromEntries(deferred.map(({ code, count }) => [code, count])),
      }),
    );
  }
  if (waiting !== undefined && waiting.queued > 0 && waiting.online === 0)
    steps.push(
      waits(
        'offline',
        'Reach',
        `${waiting.queued === 1 ? 'The device that waits is' : `All ${devices(waiting.queued)} that wait are`} offline; each is offered when it connects.`,
        { ...waiting },
      ),
    );
  if (stalledAt) steps.push(waits('stalled', 'Progress', `Nothing has moved for long; said at ${instant(stalledAt)}.`));
  return steps;
}
