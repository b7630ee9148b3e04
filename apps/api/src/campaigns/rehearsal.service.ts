import { setImmediate as turn } from 'node:timers/promises';
import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import type { Rehearsal } from '@muster/contracts/campaigns/rehearsals.schema';
import { lineUp, type RehearsalRun, type RehearsalSetup, rehearse } from '@muster/domain/campaigns/rehearse';
import { sumUpRehearsal } from '@muster/domain/campaigns/sum-up-rehearsal';
import type { RehearsedDevice } from '@muster/domain/campaigns/virtual-fleet';
import { sortDevices } from '@muster/persistence/campaigns/freeze-targets';
import { rehearsalHistoryStore } from '@muster/persistence/campaigns/rehearsal-history.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Refusal } from '../http/refusal.js';
import { subjectOf } from './campaign-subject.js';

type RehearsalCall = Call<typeof routes.rehearseCampaign>;

/** So long other requests wait at most for a rehearsal. */
const SLICE_MS = 15;
/** A large fleet gets fewer runs rather than a longer wait; one run is always finished. */
const PATIENCE_MS = 8_000;

/** Plays campaigns before they are launched, one at a time, in slices between which the server does everything else. */
@Injectable()
export class RehearsalService {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async rehearse(call: RehearsalCall): Promise<Rehearsal> {
    const { setup, ...known } = await this.#prepare(call);
    const turnOf = this.#last.then(() => this.#play(setup, call.body.runs));
    this.#last = turnOf.catch(() => undefined);
    const { runs, tookMs } = await turnOf;
    const { plan, waves, failureRate } = setup;
    return sumUpRehearsal(runs, { plan, waves, failureRate, tookMs, ...known });
  }

  #prepare(call: RehearsalCall) {
    const { campaign, failureRate, seed } = call.body;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const release = await subjectOf(tx, campaign);
      const { eligible } = await sortDevices(tx, campaign, release, now);
      const ids = eligible.map((device) => device.deviceId);
      const presence = await rehearsalHistoryStore.presence(tx, ids, now);
      const zones = await rehearsalHistoryStore.zones(tx);
      const devices = eligible.map(
        ({ deviceId, model, site, version }): RehearsedDevice => ({
          deviceId,
          model,
          site,
          version,
          timezone: (site === null ? undefined : zones.get(site)) ?? 'UTC',
          presence: presence.get(deviceId) ?? null,
        }),
      );
      const line = lineUp(campaign.name, campaign.plan, devices);
      if (!line.ok) throw new Refusal(line.code, line.detail, line.facts);
      const install = await rehearsalHistoryStore.installTimes(tx, now);
      const startMs = Math.max(now.getTime(), Date.parse(campaign.plan.startAt ?? now.toISOString()));
      const setup: RehearsalSetup = { plan: campaign.plan, ...line.value, install, failureRate, seed, startMs };
      return { setup, targets: devices.length, withHistory: presence.size };
    });
  }

  async #play(setup: RehearsalSetup, most: number): Promise<{ runs: RehearsalRun[]; tookMs: number }> {
    const began = this.clock.monotonic();
    const runs: RehearsalRun[] = [];
    while (runs.length < most && (runs.length === 0 || this.clock.monotonic() - began < PATIENCE_MS)) {
      const run = rehearse({ ...setup, seed: setup.seed + runs.length });
      let sliceBegan = this.clock.monotonic();
      let step = run.next();
      while (!step.done) {
        if (this.clock.monotonic() - sliceBegan > SLICE_MS) {
          await turn();
          sliceBegan = this.clock.monotonic();
        }
        step = run.next();
      }
      runs.push(step.value);
      await turn();
    }
    return { runs, tookMs: Math.round(this.clock.monotonic() - began) };
  }
}
