import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { FloodLimit, type Hold } from './flood-limit.js';
import type { UplinkMessage } from './uplink.js';

/** Nothing came out of the pipeline for so long although something is in it: the database is away, or stands. */
const STANDS_MS = 2_000;
/** More messages under way than this are a backlog. */
const MANY = 3_000;
const PAUSE_MS = 4_000;
/** Spread, so that the devices of a fleet do not come back in one moment. */
const SPREAD_MS = 6_000;
const MOST = 20_000;

/** Who may come in: nobody who floods; and who comes while nothing is committed is asked to wait before it sends more. */
@Injectable()
export class Admission {
  #underWay = 0;
  #movedAt = 0;
  /** Until when devices were asked to wait; forgotten when the pipeline moves. */
  readonly #asked = new Map<string, number>();

  constructor(
    private readonly flood: FloodLimit,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Not null when the message must not be taken. */
  holdOf({ deviceId, replayed }: UplinkMessage, channel: UplinkChannel): Hold | null {
    return replayed ? null : this.flood.admit(deviceId, channel);
  }

  /** One more message under way, to be ended by `left`. Answers until when its device shall send no more, once a pause. */
  entered(deviceId: string): number | null {
    const now = this.clock.monotonic();
    if (this.#underWay++ === 0) this.#movedAt = now;
    if (this.#underWay <= MANY && now - this.#movedAt < STANDS_MS) return null;
    if ((this.#asked.get(deviceId) ?? 0) > now || this.#asked.size >= MOST) return null;
    const waitMs = PAUSE_MS + Math.random() * SPREAD_MS;
    this.#asked.set(deviceId, now + waitMs);
    return Math.ceil(this.clock.now().getTime() + waitMs);
  }

  left(): void {
    this.#underWay--;
    this.#movedAt = this.clock.monotonic();
    if (this.#underWay <= MANY && this.#asked.size > 0) this.#asked.clear();
  }
}
