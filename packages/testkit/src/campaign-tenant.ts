import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { planWaves } from '@muster/domain/campaigns/plan-waves';
import { campaignStore, type Lease } from '@muster/persistence/campaigns/campaign.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { targetStore } from '@muster/persistence/campaigns/target.store';
import { loadTick } from '@muster/persistence/campaigns/tick.store';
import { applyTick } from '@muster/persistence/campaigns/tick-apply.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import type { Database } from '@muster/persistence/database';
import type { Tx } from '@muster/persistence/transaction';
import { v7 as uuidv7 } from 'uuid';

export const smallPlan: CampaignPlan = {
  waves: [{ size: { devices: 2 } }, { size: { percent: 100 } }],
  gate: {
    maxFailureRate: 0.2,
    maxTimeoutRate: 0.2,
    minSuccessRate: 0.7,
    minSample: 5,
    minResolvedShare: 0.9,
    soakS: 0,
  },
  concurrency: 3,
  ratePerMinute: null,
  deadlineS: 600,
  stepTimeoutS: 120,
  deviceSoakS: 10,
  retries: 0,
  autoRollback: true,
  approval: false,
};

/** A tenant with a device class of its own, a clock that only moves when told, and campaigns that are ticked by hand. */
export class CampaignTenant {
  readonly id = `t${uuidv7().slice(-12)}`;
  now = new Date('2026-03-01T10:00:00.000Z');

  constructor(private readonly database: Database) {}

  async open(): Promise<this> {
    await this.database.system(async (tx) => {
      await tx.query(`insert into tenants (id, name) values ($1, 'Test')`, [this.id]);
      await tx.query(`insert into device_classes (tenant_id, name) values ($1, 'gateway')`, [this.id]);
    });
    return this;
  }

  as<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.tenant(this.id, work);
  }

  later(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  async release(version: string, rollbackIndex = 0): Promise<string> {
    const id = uuidv7();
    await this.as(async (tx) => {
      const artifact = uuidv7();
      await tx.query(
        `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
       values ($1, $2, 'fw.bin', 1, $3, 1, 'complete', 'test')`,
        [this.id, artifact, 'a'.repeat(64)],
      );
      await tx.query(
        `insert into releases (tenant_id, id, name, version, models, artifact_id, state, rollback_index, created_by, published_at)
       values ($1, $2, 'fw', $3, '{m1}', $4, 'published', $5, 'test', now())`,
        [this.id, id, version, artifact, rollbackIndex],
      );
    });
    return id;
  }

  /** `n` connected devices that confirmed one of the given releases in turn. */
  async fleet(n: number, releases: readonly { id: string; version: string }[]): Promise<string[]> {
    const ids = Array.from({ length: n }, () => uuidv7());
    await this.as(async (tx) => {
      for (const [i, id] of ids.entries()) {
        const on = releases[i % releases.length]!;
        await tx.query(
          `insert into devices (tenant_id, id, name, serial, model, class, state, firmware_version)
         values ($1, $2::uuid, $2::text, $2::text, 'm1', 'gateway', 'active', $3)`,
          [this.id, id, on.version],
        );
        await tx.query(
          `insert into device_state (device_key, tenant_id, device_id, connected, last_seen_at)
         select device_key, tenant_id, id, true, $2 from devices where id = $1`,
          [id, this.now],
        );
        await tx.query(
          `insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at) values ($1, $2, 1, $3, $4, $5)`,
          [this.id, id, on.id, on.version, this.now],
        );
      }
    });
    return ids;
  }

  async launch(releaseId: string, overrides: Partial<CampaignPlan> = {}): Promise<string> {
    const id = uuidv7();
    const chosen = { ...smallPlan, ...overrides };
    await this.as(async (tx) => {
      const matched = (await targetStore.match(tx, {})).filter((d) => d.busyWith === null);
      const waves = planWaves(
        chosen.waves.map((w) => w.size),
        matched.length,
      );
      if (!waves.ok) throw new Error(waves.code);
      await campaignStore.insert(
        tx,
        {
          id,
          parentId: null,
          kind: 'release',
          name: 'campaign',
          state: 'preparing',
          releaseId,
          configId: null,
          configNumber: null,
          command: null,
          selector: {},
          plan: chosen,
          createdBy: 'test',
        },
        this.now,
      );
      await waveStore.insertAll(
        tx,
        id,
        waves.value.map((w) => ({ ...w, counts: { queued: w.size } })),
        this.now,
      );
      const targets = matched.map(({ deviceId, previousReleaseId, previousVersion }, position) => {
        const wave = waves.value.find((w) => position < w.cumulative)!.n;
        return { deviceId, previousReleaseId, previousVersion, wave, position, releaseId };
      });
      await targetStore.freeze(tx, id, targets, this.now);
      await campaignStore.setFrozen(tx, id, { targets: targets.length, exclusions: 0 });
    });
    return id;
  }

  lease(id: string, owner = 'ticker'): Promise<Lease | null> {
    return this.as((tx) => campaignStore.takeLease(tx, id, owner, this.now, new Date(this.now.getTime() + 10_000)));
  }

  /** As the ticker does it: nothing while somebody else has the campaign. */
  async tick(id: string): Promise<void> {
    const held = await this.lease(id);
    if (held === null) return;
    for (let i = 0; i < 50; i++) {
      const decided = await this.as(async (tx) => {
        const loaded = (await loadTick(tx, id, this.now))!;
        const decisions = decideTick(loaded.facts, this.now);
        return decisions.length > 0 && applyTick(tx, loaded, decisions, held, this.now);
      });
      if (!decided) break;
    }
    await this.as((tx) => campaignStore.releaseLease(tx, held));
  }

  inState(id: string, state: 'offered' | 'soaking' | 'queued') {
    return this.as((tx) => executionStore.list(tx, id, { state }, null, 1000));
  }

  /** Every offered device of the campaign runs through to its soak, or fails. */
  async update(id: string, version: string, fails: (deviceId: string) => boolean = () => false): Promise<number> {
    const offered = await this.inState(id, 'offered');
    for (const execution of offered)
      await this.as(async (tx) => {
        const row = (await executionStore.lock(tx, execution.id, execution.deviceId))!;
        const failed = fails(row.deviceId);
        if (!failed)
          await tx.query('update devices set firmware_version = $2 where id = $1', [
            row.deviceId,
            row.releaseVersion ?? version,
          ]);
        const change = { reasonCode: failed ? 'install_failed' : null, reasonDetail: null };
        await executionStore.move(tx, row, { ...change, state: failed ? 'failed' : 'soaking' }, this.now);
      });
    this.later(15);
    await this.as((tx) =>
      tx.query('update device_state set last_seen_at = $1 where tenant_id = $2', [this.now, this.id]),
    );
    return offered.length;
  }

  async runThrough(id: string, fails?: (deviceId: string) => boolean): Promise<void> {
    for (let i = 0; i < 40; i++) {
      await this.tick(id);
      if ((await this.update(id, '2.0.0', fails)) === 0) break;
    }
    await this.tick(id);
  }

  campaign(id: string) {
    return this.as((tx) => campaignStore.get(tx, id)).then((row) => row!);
  }

  /** Per wave, the counts the engine keeps and the counts of its rows. */
  recount(id: string) {
    return this.as((tx) =>
      tx.query(
        `select w.n, w.counters as kept, (select jsonb_object_agg(state, n) from (
         select e.state, count(*) as n from executions e where e.campaign_id = w.campaign_id and e.wave = w.n
         and not exists (select from executions m where m.campaign_id = e.campaign_id and m.device_id = e.device_id
           and m.attempt > e.attempt) group by 1) x) as counted
       from campaign_waves w where w.campaign_id = $1 order by n`,
        [id],
      ),
    );
  }
}
