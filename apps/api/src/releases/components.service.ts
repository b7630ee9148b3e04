import type * as routes from '@muster/contracts/releases/releases.routes';
import { matchesRange, parseVersionRange } from '@muster/domain/releases/match-version-range';
import { Database, type Tx } from '@muster/persistence/database';
import { componentStore, type Sought } from '@muster/persistence/releases/component.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { Refusal } from '../http/refusal.js';
import { toComponent } from './release.resource.js';

/** Where a component is: in which releases, and on which devices. */
@Injectable()
export class ComponentsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
  ) {}

  uses(call: Call<typeof routes.findComponents>) {
    const after = this.paging.after(call) as [string, string, number] | null;
    const { name, version, deployed, pageSize } = call.query;
    const wanted = deployed === undefined ? null : deployed === 'true';
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await componentStore.uses(tx, await soughtOf(tx, name, version), wanted, after, pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.releaseCreatedAt.toISOString(), row.releaseId, row.n],
        ({ releaseId, releaseName, releaseVersion, releaseState, devices, ...row }) => ({
          ...{ releaseId, releaseName, releaseVersion, releaseState, devices },
          component: toComponent(row),
        }),
      );
    });
  }

  devices(call: Call<typeof routes.findComponentDevices>) {
    const after = this.paging.after(call) as [string, number, string] | null;
    const { name, version, pageSize } = call.query;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await componentStore.runners(tx, await soughtOf(tx, name, version), after, pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.releaseId, row.n, row.deviceId],
        ({ deviceId, deviceName, releaseVersion, ...row }) => ({
          ...{ deviceId, deviceName, releaseVersion },
          component: toComponent(row),
        }),
      );
    });
  }
}

/** Versions in the wild have no order a database knows: the range is held against the few that there are. */
async function soughtOf(tx: Tx, name: string, range: string | undefined): Promise<Sought> {
  if (range === undefined) return { name, versions: null };
  const parsed = parseVersionRange(range);
  if (!parsed.ok)
    throw new Refusal('validation_failed', `version ${parsed.detail}.`, undefined, [
      { pointer: '/query/version', message: parsed.detail },
    ]);
  const versions = await componentStore.versions(tx, name);
  return { name, versions: versions.filter((version) => matchesRange(parsed.value, version)) };
}
