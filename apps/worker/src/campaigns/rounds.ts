import { Injectable } from '@nestjs/common';
import { EvidenceCollector } from './evidence-collector.js';
import { LateJoiners } from './late-joiners.js';
import { Ticker } from './ticker.js';

/** What goes over all campaigns, each at the pace its schedule gives it. */
@Injectable()
export class Rounds {
  readonly #rounds: Readonly<Record<string, () => Promise<void>>>;

  constructor(
    private readonly ticker: Ticker,
    joiners: LateJoiners,
    evidence: EvidenceCollector,
  ) {
    this.#rounds = {
      'start-due': () => ticker.startDue(),
      tick: () => ticker.tickAll(),
      'join-late': () => joiners.joinAll(),
      'collect-evidence': () => evidence.collect(),
    };
  }

  /** The round a job asks for; undefined when it is about a single campaign or device. */
  of(job: string): (() => Promise<void>) | undefined {
    return this.#rounds[job];
  }

  /** One campaign out of turn, because something happened to it. */
  tick(tenantId: string, campaignId: string): Promise<void> {
    return this.ticker.tick(tenantId, campaignId);
  }
}
