import { Database } from '@muster/persistence/database';
import {
  ANCHOR_STEP_MS,
  type ClockAnchorRow,
  clockAnchorStore,
} from '@muster/persistence/telemetry/clock-anchor.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { type ClockAnchor, type ClockFault, faultOfClock } from '@muster/telemetry/judge-clock';
import { Inject, Injectable } from '@nestjs/common';
import type { RegisteredDevice } from './device-registry.js';
import type { HeartbeatNews } from './sightings.js';

type Run = Partial<Record<ClockFault, ClockAnchor>>;

interface Entry {
  readonly run: Run;
  readonly until: number;
}

/** Another process may have seen a quicker heartbeat, or the first. */
const KNOWN_MS = 60_000;
const UNKNOWN_MS = 1_000;
const MOST = 100_000;

/**
 * What heartbeats say of clocks that are wrong. A heartbeat is produced when it is sent, so what lies between its time and
 * its arrival is how far the clock is off; a message of the same run that waited gets its time by that.
 */
@Injectable()
export class ClockAnchors {
  readonly #runs = new Map<string, Entry>();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Remembers what a heartbeat shows, before its commit: the messages it anchors are right behind it. */
  note(device: RegisteredDevice, news: HeartbeatNews): void {
    const anchor = anchorOf(device, news);
    if (anchor === null) return;
    const name = nameOf(device, anchor.bootId);
    const run = this.#recall(name) ?? {};
    const known = run[anchor.fault];
    if (known === undefined || anchor.offsetMs < known.offsetMs - ANCHOR_STEP_MS)
      this.#remember(name, { ...run, [anchor.fault]: { offsetMs: anchor.offsetMs } });
  }

  /** The anchor for a message of the run `bootId`; null when its clock may be right or nothing is known. */
  find(
    device: RegisteredDevice,
    bootId: string | undefined,
    producedAt: Date,
    receivedAt: Date,
  ): ClockAnchor | null | Promise<ClockAnchor | null> {
    if (bootId === undefined) return null;
    const fault = faultOfClock(producedAt, receivedAt);
    if (fault === null) return null;
    const run = this.#recall(nameOf(device, bootId));
    return run === undefined ? this.#load(device, bootId, fault) : (run[fault] ?? null);
  }

  async #load(device: RegisteredDevice, bootId: string, fault: ClockFault): Promise<ClockAnchor | null> {
    const name = nameOf(device, bootId);
    const rows = await untilCommitted(
      () => this.database.system((tx) => clockAnchorStore.ofRun(tx, device.deviceKey, bootId)),
      this.logger,
    );
    // A heartbeat may have come meanwhile, and is not committed yet.
    const run: Run = { ...Object.fromEntries(rows.map((row) => [row.fault, row])), ...this.#recall(name) };
    this.#remember(name, run);
    return run[fault] ?? null;
  }

  #recall(name: string): Run | undefined {
    const entry = this.#runs.get(name);
    return entry !== undefined && entry.until > this.clock.monotonic() ? entry.run : undefined;
  }

  #remember(name: string, run: Run): void {
    if (this.#runs.size >= MOST) this.#runs.clear();
    const lasts = Object.keys(run).length > 0 ? KNOWN_MS : UNKNOWN_MS;
    this.#runs.set(name, { run, until: this.clock.monotonic() + lasts });
  }
}

const nameOf = (device: RegisteredDevice, bootId: string): string => `${device.deviceKey}/${bootId}`;

/** What one heartbeat shows of a wrong clock. A Will was written when the connection opened, so it shows nothing. */
function anchorOf(device: RegisteredDevice, { uplink, receivedAt }: HeartbeatNews): ClockAnchorRow | null {
  if (uplink.bootId === undefined || uplink.reason === 'offline') return null;
  const producedAt = new Date(uplink.producedAt);
  const fault = faultOfClock(producedAt, receivedAt);
  if (fault === null) return null;
  const { deviceKey, tenant } = device;
  return { deviceKey, tenant, bootId: uplink.bootId, fault, offsetMs: receivedAt.getTime() - producedAt.getTime() };
}

/** What the heartbeats of a batch show, the quickest of each run. */
export function anchorsOf(
  drafts: readonly { readonly device: RegisteredDevice; readonly news: HeartbeatNews | null }[],
): ClockAnchorRow[] {
  const anchors = new Map<string, ClockAnchorRow>();
  for (const { device, news } of drafts) {
    const anchor = news === null ? null : anchorOf(device, news);
    if (anchor === null) continue;
    const name = `${nameOf(device, anchor.bootId)}/${anchor.fault}`;
    const known = anchors.get(name);
    if (known === undefined || anchor.offsetMs < known.offsetMs) anchors.set(name, anchor);
  }
  return [...anchors.values()];
}
