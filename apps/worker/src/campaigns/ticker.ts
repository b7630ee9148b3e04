import { randomUUID } from 'node:crypto';
import { addCounts, busyCount } from '@muster/domain/campaigns/count-executions';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { campaignStore, type Lease } from '@muster/persistence/campaigns/campaign.store';
import { draftStore } from '@muster/persistence/campaigns/draft.store';
import { startScheduled } from '@muster/persistence/campaigns/start-scheduled';
import { loadTick } from '@muster/persistence/campaigns/tick.store';
import { applyTick } from '@muster/persistence/campaigns/tick-apply.store';
import { Database } from '@muster/persistence/database';
import { isTransient } from '@muster/persistence/failures';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Histogram, type Registry } from 'prom-client';

const LEASE_MS = 15_000;
/** Steps of one campaign in a row; the next tick goes on where this one stopped. */
const MOST_STEPS = 200;

/** Lease, load, decide, apply, again until nothing is left to decide. Every rule lives in `decideTick`. */
@Injectable()
export class Ticker {
  readonly #owner = randomUUID();
  readonly #steps: Counter<'outcome'>;
  readonly #seconds: Histogram;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    const registers = [metrics];
    this.#steps = new Counter({
      name: 'muster_campaign_steps_total',
      help: 'Decision steps of the campaign engine, by what became of them.',
      labelNames: ['outcome'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'muster_campaign_tick_seconds',
      help: 'Time to bring one campaign to rest.',
      buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 2, 10],
      registers,
    });
  }

  /** Starts what was scheduled for now. Several workers may try; the campaign's row lets one of them. */
  async startDue(): Promise<void> {
    const now = this.clock.now();
    for (const { tenantId, id } of await this.database.system((tx) => draftStore.startable(tx, now)))
      await this.database
        .tenant(tenantId, (tx) => startScheduled(tx, id, now))
        .catch((error: unknown) => {
          const level = isTransient(error) ? 'warn' : 'error';
          this.logger[level]({ err: error, campaignId: id, tenant: tenantId }, 'a campaign could not be started');
        });
  }

  /** Looks after every campaign that moves. One that fails is logged and does not stop the others. */
  async tickAll(): Promise<void> {
    const due = await this.database.system((tx) => campaignStore.due(tx));
    for (const { tenantId, id } of due)
      await this.tick(tenantId, id).catch((error: unknown) => {
        const level = isTransient(error) ? 'warn' : 'error';
        this.logger[level]({ err: error, campaignId: id, tenant: tenantId }, 'a campaign could not be ticked');
      });
  }

  /** Brings one campaign to rest; returns at once when another ticker holds it. */
  async tick(tenantId: string, campaignId: string): Promise<void> {
    const lease = await this.#lease(tenantId, campaignId);
    if (lease === null) return;
    const end = this.#seconds.startTimer();
    try {
      for (let step = 0; step < MOST_STEPS && (await this.#step(tenantId, lease)); step++);
    } finally {
      await this.database.tenant(tenantId, (tx) => campaignStore.releaseLease(tx, lease));
      end();
    }
  }

  #lease(tenantId: string, campaignId: string): Promise<Lease | null> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + LEASE_MS);
    return this.database.tenant(tenantId, (tx) => campaignStore.takeLease(tx, campaignId, this.#owner, now, until));
  }

  /** True when something changed, so that there may be more to decide. */
  async #step(tenantId: string, lease: Lease): Promise<boolean> {
    const now = this.clock.now();
    const loaded = await this.database.tenant(tenantId, (tx) => loadTick(tx, lease.campaignId, now));
    if (loaded === null) return false;
    const decisions = decideTick(loaded.facts, now);
    if (decisions.length === 0) {
      // While a device of it is at something, clocks run that nobody else looks at once it has ended.
      const atRest = busyCount(addCounts(loaded.facts.waves.map((wave) => wave.counts))) === 0;
      const { attentionAt } = loaded.campaign;
      if (atRest && attentionAt !== null)
        await this.database.tenant(tenantId, (tx) => campaignStore.attended(tx, lease.campaignId, attentionAt));
      return false;
    }
    const outcome = await this.database.tenant(tenantId, (tx) => applyTick(tx, loaded, decisions, lease, now));
    this.#steps.inc({ outcome });
    return outcome !== 'fenced';
  }
}
