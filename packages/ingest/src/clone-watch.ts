import { type CloneFacts, type CloneVerdict, judgeClone, noteUse, runOf } from '@muster/domain/devices/judge-clone';
import { Database } from '@muster/persistence/database';
import { type CloneEvidence, cloneStore } from '@muster/persistence/devices/clone.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import type { HeartbeatNews } from './sightings.js';

interface Trails extends CloneFacts {
  /** Where each run was heard from last, as far as its door tells. */
  readonly places: ReadonlyMap<string, string>;
}

const NOTHING: Trails = { addresses: [], runs: [], places: new Map() };
/** Devices remembered, some 300 bytes each. */
const MOST = 200_000;
/** A pair that was told is not told again for this long: its mark stands, or a person has taken it back. */
const TOLD_MS = 10 * 60_000;

/**
 * Notices identities that two use at once, from sessions where the broker is ours and from heartbeats through any door and
 * any broker. Nothing of it is on the way of a message: a look at a map once a batch is committed, and the database only
 * when there is something to tell.
 */
@Injectable()
export class CloneWatch {
  readonly #trails = new Map<string, Trails>();
  readonly #told = new Map<string, number>();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A heartbeat that is committed. */
  heard(deviceId: string, { uplink, receivedAt, address }: HeartbeatNews): void {
    if (uplink.reason === 'offline') return;
    const trails = this.#trails.get(deviceId) ?? NOTHING;
    const at = Date.parse(uplink.producedAt);
    const by = runOf(
      { bootId: uplink.bootId, uptimeS: uplink.uptimeS, producedAt: at },
      receivedAt.getTime(),
      trails.runs,
    );
    if (by === null) return;
    const runs = noteUse(trails.runs, { by, at });
    if (runs === trails.runs) return;
    const places = address === undefined ? trails.places : withPlace(trails.places, by, address);
    this.#look(deviceId, { ...trails, runs, places });
  }

  /** A session was opened; `tookOver` when it ended one that stood. One that did not begins a new trail: whoever was there had left. */
  opened(deviceId: string, address: string, tookOver: boolean): void {
    const trails = this.#trails.get(deviceId) ?? NOTHING;
    const use = { by: address, at: this.clock.now().getTime() };
    const addresses = tookOver ? noteUse(trails.addresses, use) : [use];
    if (addresses !== trails.addresses) this.#look(deviceId, { ...trails, addresses });
  }

  /** In a larger fleet nobody would be remembered until a turn is taken: those go who have not begun to take turns. */
  #makeRoom(): void {
    for (const [deviceId, { addresses, runs }] of this.#trails)
      if (addresses.length < 2 && runs.length < 2) this.#trails.delete(deviceId);
    if (this.#trails.size > MOST / 2) this.#trails.clear();
  }

  #look(deviceId: string, trails: Trails): void {
    if (this.#trails.size >= MOST) this.#makeRoom();
    this.#trails.set(deviceId, trails);
    const now = this.clock.now();
    const verdict = judgeClone(trails, now.getTime());
    if (verdict === null) return;
    const evidence = evidenceOf(verdict, trails);
    const pair = `${deviceId} ${evidence.between.toSorted().join(' ')}`;
    if (now.getTime() - (this.#told.get(pair) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return;
    if (this.#told.size >= MOST) this.#told.clear();
    this.#told.set(pair, now.getTime());
    this.database
      .system((tx) => cloneStore.suspect(tx, deviceId, evidence, now))
      .catch((error: unknown) => {
        // Told at their next turn.
        this.#told.delete(pair);
        this.logger.warn({ err: error, deviceId }, 'a suspected clone could not be told');
      });
  }
}

/** Of the runs in a trail, which are few, and of no others. */
const withPlace = (places: ReadonlyMap<string, string>, run: string, address: string): ReadonlyMap<string, string> =>
  new Map([...places, [run, address] as const].slice(-PLACES));
const PLACES = 8;

const evidenceOf = ({ sign, between }: CloneVerdict, { places }: Trails): CloneEvidence => {
  if (sign === 'addresses') {
    const sentence = `Sessions with one certificate take turns from ${between[0]} and ${between[1]}: two seem to hold its key.`;
    return { sign, between, addresses: between, sentence };
  }
  const addresses = [places.get(between[0]) ?? null, places.get(between[1]) ?? null] as const;
  const [one, other] = between.map((run, at) => (addresses[at] === null ? run : `${run} at ${addresses[at]}`));
  const sentence = `Heartbeats of two runs take turns under one identity, ${one} and ${other}: two seem to hold its key.`;
  return { sign, between, addresses, sentence };
};
