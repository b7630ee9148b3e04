import type { GoldenDocument } from '@muster/domain/configs/render-golden';
import type { Tx } from '../transaction.js';

/** A version of a golden config that a campaign has brought to one device and to nobody else yet. */
export interface StagedConfig extends GoldenDocument {
  readonly deviceId: string;
}

export const stagedConfigStore = {
  /**
   * What config campaigns have brought to these devices: it takes the place of the published version there until the
   * campaign completes, which publishes it for all, or ends otherwise, which takes it away again.
   */
  ofDevices(tx: Tx, deviceIds: readonly string[]): Promise<StagedConfig[]> {
    return tx.query<StagedConfig>(
      `select distinct on (e.device_id, g.id) e.device_id as "deviceId", g.id as "configId", g.name, g.layer, g.selector,
         v.number, v.document
       from executions e
       join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id and c.kind = 'config'
         and c.state not in ('stopped', 'failed')
       join golden_configs g on g.tenant_id = c.tenant_id and g.id = c.config_id
       join golden_config_versions v on v.tenant_id = g.tenant_id and v.config_id = g.id and v.number = c.config_number
       where e.tenant_id = $1 and e.device_id = any($2::uuid[]) and e.offered_at is not null
         and e.state not in ('cancelled', 'superseded', 'removed')
         and not exists (select from golden_config_versions p where p.tenant_id = v.tenant_id and p.config_id = v.config_id
           and p.state = 'published' and p.number >= v.number)
       order by e.device_id, g.id, e.offered_at desc`,
      [tx.tenantId, deviceIds],
    );
  },
};

/** The published configs as one device should see them: a staged version stands in for its own config. */
export const withStaged = <T extends GoldenDocument>(
  published: readonly T[],
  staged: readonly StagedConfig[],
  deviceId: string,
): readonly GoldenDocument[] => {
  const mine = staged.filter((config) => config.deviceId === deviceId);
  if (mine.length === 0) return published;
  const replaced = new Set(mine.map((config) => config.configId));
  return [...published.filter((config) => !replaced.has(config.configId)), ...mine];
};
