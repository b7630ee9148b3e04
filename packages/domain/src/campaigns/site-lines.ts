import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { nextWindow, windowAt } from './maintenance-windows.js';
import { offerableSites, type PaceFacts, type SiteFacts } from './offerable-sites.js';
import type { RehearsedDevice } from './virtual-fleet.js';

interface Line {
  readonly site: string;
  readonly timezone: string;
  targets: number;
  load: number;
  readonly waiting: number[];
  head: number;
}

/** What is known of a zone, and until when that holds. */
interface ZoneHours {
  readonly open: boolean;
  readonly untilMs: number;
}

/** Devices of a rehearsal that may be offered, in one line per site; a plan without windows and budgets has a single line. */
export class SiteLines {
  readonly #lines: Line[] = [];
  readonly #lineOf: Uint32Array;
  readonly #zones = new Map<string, ZoneHours>();
  readonly #paced: boolean;

  constructor(
    private readonly plan: CampaignPlan,
    devices: readonly RehearsedDevice[],
  ) {
    this.#paced = plan.siteBudget !== undefined || (plan.windows ?? []).length > 0;
    this.#lineOf = new Uint32Array(devices.length);
    const bySite = new Map<string, number>();
    for (const [i, device] of devices.entries()) {
      const site = this.#paced ? (device.site ?? '') : '';
      let at = bySite.get(site);
      if (at === undefined) {
        at = this.#lines.push({ site, timezone: device.timezone, targets: 0, load: 0, waiting: [], head: 0 }) - 1;
        bySite.set(site, at);
      }
      this.#lineOf[i] = at;
      this.#lines[at]!.targets++;
    }
  }

  push(i: number): void {
    this.#lines[this.#lineOf[i]!]!.waiting.push(i);
  }

  siteOf = (i: number): string => this.#lines[this.#lineOf[i]!]!.site;

  /** A device of the site took a slot (1) or left it (-1). */
  load(i: number, change: 1 | -1): void {
    const line = this.#lines[this.#lineOf[i]!]!;
    line.load += change;
  }

  isWaiting = (): boolean => this.#lines.some((line) => line.head < line.waiting.length);

  /** The pace as the engine is told it, without the sites whose window is closed; absent when nothing is paced. */
  pace(nowMs: number): PaceFacts | undefined {
    return this.#paced ? { sites: this.#open(nowMs), freezes: [] } : undefined;
  }

  /**
   * Up to `most` devices that may be offered now, the first of each line. `isReady` may refuse one, which then leaves its
   * line; those returned stay at the head of theirs until they no longer are ready.
   */
  pick(most: number, nowMs: number, isReady: (i: number) => boolean): number[] {
    const rooms = new Map(
      offerableSites(this.#budget, { sites: this.#open(nowMs), freezes: [] }, new Date(nowMs)).map(
        ({ site, room }) => [site, room ?? most] as const,
      ),
    );
    if (rooms.size === 0) return [];
    const each = Math.ceil((2 * most) / rooms.size);
    return this.#lines.flatMap((line) => first(line, Math.min(each, most, rooms.get(line.site) ?? 0), isReady));
  }

  /** When a window opens next for somebody who waits; infinity when none is closed. */
  nextOpening(nowMs: number): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const line of this.#lines) {
      if (line.head >= line.waiting.length) continue;
      const { open, untilMs } = this.#hours(line.timezone, nowMs);
      if (!open) soonest = Math.min(soonest, untilMs);
    }
    return soonest;
  }

  get #budget() {
    const { siteBudget } = this.plan;
    return siteBudget === undefined ? {} : { siteBudget };
  }

  #open(nowMs: number): SiteFacts[] {
    return this.#lines.filter((line) => this.#hours(line.timezone, nowMs).open);
  }

  /** Looking a window up is time-zone arithmetic; what it says holds until the next opening or closing. */
  #hours(timezone: string, nowMs: number): ZoneHours {
    const known = this.#zones.get(timezone);
    if (known !== undefined && nowMs < known.untilMs) return known;
    const { windows = [] } = this.plan;
    if (windows.length === 0) return { open: true, untilMs: Number.POSITIVE_INFINITY };
    const now = new Date(nowMs);
    const opening = windowAt(windows, timezone, now);
    const next = opening === null ? nextWindow(windows, timezone, now) : null;
    const untilMs = (opening?.closesAt ?? next?.opensAt)?.getTime() ?? Number.POSITIVE_INFINITY;
    const hours = { open: opening !== null, untilMs };
    this.#zones.set(timezone, hours);
    return hours;
  }
}

/** Lines are cut off behind their head when so much of them is history. */
const HISTORY = 100_000;

function first(line: Line, most: number, isReady: (i: number) => boolean): number[] {
  const found: number[] = [];
  let at = line.head;
  while (found.length < most && at < line.waiting.length) {
    const i = line.waiting[at++]!;
    if (isReady(i)) found.push(i);
  }
  // Those found go back to the head; what was passed over has left.
  line.head = at - found.length;
  for (const [k, i] of found.entries()) line.waiting[line.head + k] = i;
  if (line.head > HISTORY) {
    line.waiting.splice(0, line.head);
    line.head = 0;
  }
  return found;
}
