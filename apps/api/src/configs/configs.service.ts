import type * as routes from '@muster/contracts/configs/configs.routes';
import { listChanges } from '@muster/domain/configs/list-changes';
import { renderGolden } from '@muster/domain/configs/render-golden';
import { listFields, pointerTo } from '@muster/domain/devices/list-fields';
import type { TwinDocument } from '@muster/domain/devices/merge-twin';
import { type ConfigRow, configStore } from '@muster/persistence/configs/config.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { Refusal } from '../http/refusal.js';
import { toConfig, toDetail } from './config.resource.js';

/** Golden configs as people read them. */
@Injectable()
export class ConfigsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
  ) {}

  list(call: Call<typeof routes.listConfigs>) {
    const after = this.paging.after(call) as [string, string] | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await configStore.list(tx, after, call.query.pageSize + 1);
      const counted = new Map<string, { devices: number; drifted: number }>();
      for (const row of rows) counted.set(row.id, await countMembers(tx, row));
      return this.paging.page(
        call,
        rows,
        (row) => [row.name, row.id],
        (row) => toConfig(row, counted.get(row.id)!),
      );
    });
  }

  get(call: Call<typeof routes.getConfig>) {
    return this.database.tenant(call.principal.tenantId, (tx) => readDetail(tx, call.params.configId));
  }

  /** What changes between two versions; version 0 is the empty document before the first. */
  diff(call: Call<typeof routes.diffConfig>) {
    const { configId } = call.params;
    const { from, to } = call.query;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const documentOf = async (number: number): Promise<TwinDocument> => {
        if (number === 0) return {};
        const version = await configStore.version(tx, configId, number);
        if (version === null) throw new Refusal('not_found', `There is no version ${number}.`);
        return version.document as TwinDocument;
      };
      if ((await configStore.find(tx, configId)) === null) throw Refusal.notFound('config', configId);
      return { changes: listChanges(await documentOf(from), await documentOf(to)) };
    });
  }

  ofDevice(call: Call<typeof routes.getDeviceConfig>) {
    const { deviceId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const device = await deviceStore.find(tx, deviceId);
      if (device === null) throw Refusal.notFound('device', deviceId);
      const { document, applied, origins } = renderGolden(await configStore.published(tx), device);
      return { document, applied: [...applied], origins };
    });
  }
}

const countMembers = async (tx: Tx, row: ConfigRow) => {
  const published = row.publishedNumber && (await configStore.version(tx, row.id, row.publishedNumber));
  const fields = published ? listFields(published.document as TwinDocument, pointerTo('', 'config')) : [];
  return configStore.countMembers(
    tx,
    row.selector,
    fields.map(({ path }) => path),
  );
};

export const readDetail = async (tx: Tx, id: string) => {
  const row = await configStore.find(tx, id);
  if (row === null) throw Refusal.notFound('config', id);
  const detail = toDetail(row, await countMembers(tx, row), await configStore.versions(tx, id));
  return withEtag(detail, row.version);
};
