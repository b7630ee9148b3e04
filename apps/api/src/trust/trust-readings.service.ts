import type * as routes from '@muster/contracts/trust/trust.routes';
import { Database, type Tx } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { authorityCountsStore, type PublishedList } from '@muster/persistence/trust/authority-counts.store';
import { type BundleRow, bundleStore } from '@muster/persistence/trust/bundle.store';
import { type RolloverRow, rolloverStore } from '@muster/persistence/trust/rollover.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from './identity-door.js';
import { readRollover, toRollover } from './read-rollover.js';
import { toAuthority, toBundle, toSigningKey, toStraggler } from './trust.resource.js';

/** Authorities, keys, bundles and rollovers as people see them: those of their tenant and of the installation. */
@Injectable()
export class TrustReadingsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async authorities({ principal }: Call<typeof routes.listAuthorities>) {
    const { tenantId } = principal;
    const { rows, lists } = await this.database.system(async (tx) => {
      const visible = await authorityStore.listVisible(tx, tenantId);
      const ids = visible.map(({ id }) => id);
      return { rows: visible, lists: await authorityCountsStore.lists(tx, ids) };
    });
    const counts = await this.database.tenant(tenantId, (tx) => authorityCountsStore.list(tx, this.clock.now()));
    const items = rows.map((row) => {
      const count = counts.find(({ authorityId }) => authorityId === row.id);
      return toAuthority(row, {
        liveCertificates: count?.live ?? 0,
        revokedCertificates: count?.revoked ?? 0,
        crls: lists.filter(({ authorityId }) => authorityId === row.id).map((list) => this.#crl(list, row.crlShards)),
      });
    });
    return { items };
  }

  async signingKeys({ principal: { tenantId } }: Call<typeof routes.listSigningKeys>) {
    await this.door.signingKeys.ensure(tenantId);
    const rows = await this.database.tenant(tenantId, (tx) => signingKeyStore.list(tx, tenantId));
    return { items: rows.map(toSigningKey) };
  }

  async bundles(call: Call<typeof routes.listBundles>) {
    const { tenantId } = call.principal;
    const [before = null] = this.paging.after(call) ?? [];
    await this.door.bundles.newest(tenantId);
    return this.database.tenant(tenantId, async (tx) => {
      const rows = await bundleStore.list(tx, tenantId, before as number | null, call.query.pageSize + 1);
      const numbers = rows.map(({ number }) => number);
      const receptions = await acknowledgementStore.receptions(tx, tenantId, numbers, this.clock.now());
      const items = rows.map((row, i) => toBundle(row, receptions[i]!));
      return this.paging.page(
        call,
        items,
        ({ number }) => [number],
        (item) => item,
      );
    });
  }

  bundle({ principal: { tenantId }, params: { number } }: Call<typeof routes.getBundle>) {
    return this.database.tenant(tenantId, async (tx) => this.#bundle(tx, await findBundle(tx, tenantId, number)));
  }

  stragglers(call: Call<typeof routes.listStragglers>) {
    const { tenantId } = call.principal;
    const [after = null] = this.paging.after(call) ?? [];
    return this.database.tenant(tenantId, async (tx) => {
      const { number } = await findBundle(tx, tenantId, call.params.number);
      const page = { now: this.clock.now(), after: after as string | null, limit: call.query.pageSize + 1 };
      const rows = await acknowledgementStore.stragglers(tx, tenantId, number, page);
      return this.paging.page(call, rows, ({ deviceId }) => [deviceId], toStraggler);
    });
  }

  rollovers(call: Call<typeof routes.listRollovers>) {
    const { tenantId } = call.principal;
    const [before = null] = this.paging.after(call) ?? [];
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const rows = await rolloverStore.list(tx, tenantId, before as string | null, call.query.pageSize + 1);
      const readings = [];
      for (const row of rows) readings.push(await readRollover(tx, row, now));
      const running = await authorityStore.runningTenant(tx);
      return this.paging.page(
        call,
        readings,
        ({ row }) => [row.id],
        (reading) => toRollover(reading, isOwn(reading.row, tenantId, running)),
      );
    });
  }

  rollover({ principal: { tenantId }, params: { rolloverId } }: Call<typeof routes.getRollover>) {
    return this.database.system(async (tx) => {
      const row = await rolloverStore.find(tx, tenantId, rolloverId);
      if (!row) throw Refusal.notFound('rollover', rolloverId);
      const own = isOwn(row, tenantId, await authorityStore.runningTenant(tx));
      return toRollover(await readRollover(tx, row, this.clock.now()), own);
    });
  }

  async #bundle(tx: Tx, row: BundleRow) {
    return toBundle(row, await acknowledgementStore.reception(tx, row.tenantId, row.number, this.clock.now()));
  }

  #crl({ authorityId, shard, number, thisUpdate, nextUpdate, entries, bytes }: PublishedList, shards: number) {
    const uri = this.door.crlUri(authorityId, shard, shards);
    const span = { thisUpdate: thisUpdate.toISOString(), nextUpdate: nextUpdate.toISOString() };
    return { shard, uri, number, ...span, entries, bytes };
  }
}

const isOwn = (row: RolloverRow, tenantId: string, running: string | null): boolean =>
  row.tenantId === tenantId || running === tenantId;

const findBundle = async (tx: Tx, tenantId: string, number: number): Promise<BundleRow> => {
  const row = number > 2_147_483_647 ? null : await bundleStore.find(tx, tenantId, number);
  if (!row) throw Refusal.notFound('bundle');
  return row;
};
