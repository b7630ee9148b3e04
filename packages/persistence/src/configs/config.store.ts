import type { ConfigDocument, ConfigLayer, driftPolicies } from '@muster/contracts/configs/configs.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import type { GoldenDocument } from '@muster/domain/configs/render-golden';
import type { SelectableDevice } from '@muster/domain/devices/match-selector';
import { compileSelector } from '../devices/compile-selector.js';
import type { Tx } from '../transaction.js';

export type DriftPolicy = (typeof driftPolicies)[number];

export interface ConfigRow {
  readonly id: string;
  readonly name: string;
  readonly layer: ConfigLayer;
  readonly selector: Selector;
  readonly policy: DriftPolicy;
  readonly version: number;
  readonly publishedNumber: number | null;
  readonly draftNumber: number | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface ConfigVersionRow {
  readonly number: number;
  readonly state: 'draft' | 'published';
  readonly document: ConfigDocument;
  readonly notes: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly publishedAt: Date | null;
}

const columns = `g.id, g.name, g.layer, g.selector, g.policy, g.version, g.created_by as "createdBy",
  g.created_at as "createdAt",
  (select max(v.number) from golden_config_versions v
    where v.tenant_id = g.tenant_id and v.config_id = g.id and v.state = 'published') as "publishedNumber",
  (select max(v.number) from golden_config_versions v
    where v.tenant_id = g.tenant_id and v.config_id = g.id and v.state = 'draft') as "draftNumber"`;

const versionColumns = `number, state, document, coalesce(notes, '') as notes, created_by as "createdBy",
  created_at as "createdAt", published_at as "publishedAt"`;

/** Golden configs and their versions. Everything runs in a tenant transaction. */
export const configStore = {
  /** Null when the name is taken. */
  async insert(
    tx: Tx,
    config: Pick<ConfigRow, 'id' | 'name' | 'layer' | 'selector' | 'policy' | 'createdBy'>,
    now: Date,
  ): Promise<ConfigRow | null> {
    const [row] = await tx.query<ConfigRow>(
      `with g as (
         insert into golden_configs (tenant_id, id, name, layer, selector, policy, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint golden_configs_name_unique do nothing returning *)
       select ${columns} from g`,
      [
        tx.tenantId,
        config.id,
        config.name,
        config.layer,
        JSON.stringify(config.selector),
        config.policy,
        config.createdBy,
        now,
      ],
    );
    return row ?? null;
  },

  async find(tx: Tx, id: string): Promise<ConfigRow | null> {
    const [row] = await tx.query<ConfigRow>(`select ${columns} from golden_configs g where g.id = $1`, [id]);
    return row ?? null;
  },

  /** By name, after [name, id]. */
  list(tx: Tx, after: readonly [string, string] | null, limit: number): Promise<ConfigRow[]> {
    return tx.query<ConfigRow>(
      `select ${columns} from golden_configs g
       where ($1::text is null or (g.name, g.id) > ($1, $2::uuid)) order by g.name, g.id limit $3`,
      [after?.[0] ?? null, after?.[1] ?? null, limit],
    );
  },

  versions(tx: Tx, id: string): Promise<ConfigVersionRow[]> {
    return tx.query<ConfigVersionRow>(
      `select ${versionColumns} from golden_config_versions where config_id = $1 order by number desc`,
      [id],
    );
  },

  async version(tx: Tx, id: string, number: number): Promise<ConfigVersionRow | null> {
    const [row] = await tx.query<ConfigVersionRow>(
      `select ${versionColumns} from golden_config_versions where config_id = $1 and number = $2`,
      [id, number],
    );
    return row ?? null;
  },

  /** Raises the etag, and changes what `patch` names; false when `expectedVersion` is no longer current. */
  async touch(
    tx: Tx,
    id: string,
    expectedVersion: number,
    patch: { name?: string | undefined; selector?: Selector | undefined; policy?: DriftPolicy | undefined } = {},
  ): Promise<boolean> {
    const n = await tx.execute(
      `update golden_configs set version = version + 1, name = coalesce($3, name), selector = coalesce($4, selector),
         policy = coalesce($5, policy)
       where id = $1 and version = $2`,
      [
        id,
        expectedVersion,
        patch.name ?? null,
        patch.selector === undefined ? null : JSON.stringify(patch.selector),
        patch.policy ?? null,
      ],
    );
    return n === 1;
  },

  async nameTaken(tx: Tx, name: string, exceptId: string): Promise<boolean> {
    return (await tx.query('select from golden_configs where name = $1 and id <> $2', [name, exceptId])).length > 0;
  },

  /** Writes the draft: the next number, or over a draft that was never published. */
  async putDraft(
    tx: Tx,
    id: string,
    draft: { document: ConfigDocument; notes: string; createdBy: string },
    now: Date,
  ): Promise<number> {
    const [row] = await tx.query<{ number: number }>(
      `insert into golden_config_versions (tenant_id, config_id, number, document, notes, created_by, created_at)
       select $1, $2, coalesce(max(number) filter (where state = 'published'), 0) + 1, $3, $4, $5, $6
       from golden_config_versions where config_id = $2
       on conflict (tenant_id, config_id, number) do update set document = excluded.document, notes = excluded.notes,
         created_by = excluded.created_by, created_at = excluded.created_at
       where golden_config_versions.state = 'draft' returning number`,
      [tx.tenantId, id, JSON.stringify(draft.document), draft.notes, draft.createdBy, now],
    );
    return row!.number;
  },

  /** A published version never changes again; false when this one is no draft. */
  async publish(tx: Tx, id: string, number: number, now: Date): Promise<boolean> {
    const n = await tx.execute(
      `update golden_config_versions set state = 'published', published_at = $3
       where config_id = $1 and number = $2 and state = 'draft'`,
      [id, number, now],
    );
    return n === 1;
  },

  /** The newest published version of every config: what devices are rendered from. */
  published(tx: Tx): Promise<(GoldenDocument & { policy: DriftPolicy })[]> {
    return tx.query(
      `select distinct on (g.id) g.id as "configId", g.name, g.layer, g.selector, g.policy, v.number, v.document
       from golden_configs g
       join golden_config_versions v on v.tenant_id = g.tenant_id and v.config_id = g.id and v.state = 'published'
       order by g.id, v.number desc`,
    );
  },

  /** Devices to render, in id order after `afterId`, with what selectors look at. */
  members(tx: Tx, selector: Selector, afterId: string | null, limit: number): Promise<SelectableDevice[]> {
    const params: unknown[] = [afterId, limit];
    return tx.query<SelectableDevice>(
      `select d.id, d.model, d.site, d.class, d.firmware_version as "firmwareVersion", d.labels from devices d
       where ${compileSelector(selector, params)} and d.state not in ('decommissioning', 'decommissioned')
         and ($1::uuid is null or d.id > $1)
       order by d.id limit $2`,
      params,
    );
  },

  /** Devices a selector matches that drift in one of these classes. */
  async driftedMembers(tx: Tx, selector: Selector, classes: readonly string[]): Promise<string[]> {
    const params: unknown[] = [classes];
    const rows = await tx.query<{ id: string }>(
      `select d.id from devices d where ${compileSelector(selector, params)}
         and exists (select from drifts f where f.tenant_id = d.tenant_id and f.device_id = d.id and f.class = any($1::text[]))
       order by d.id`,
      params,
    );
    return rows.map(({ id }) => id);
  },

  /** How many devices a selector matches, and how many of them drift in one of `paths`. */
  async countMembers(
    tx: Tx,
    selector: Selector,
    paths: readonly string[],
  ): Promise<{ devices: number; drifted: number }> {
    const params: unknown[] = [paths];
    const [row] = await tx.query<{ devices: number; drifted: number }>(
      `select count(*)::int as devices, count(drifting.device_id)::int as drifted
       from devices d left join (
         select distinct device_id from drifts where path = any($1::text[]) and class <> 'unmanaged') drifting
         on drifting.device_id = d.id
       where ${compileSelector(selector, params)} and d.state not in ('decommissioning', 'decommissioned')`,
      params,
    );
    return row!;
  },

  /** Golden configs that name one device by its id name another instead. */
  async replaceDevice(tx: Tx, from: string, to: string): Promise<void> {
    await tx.execute(
      `update golden_configs set version = version + 1, selector = jsonb_set(selector, '{ids}',
         (select jsonb_agg(case when named.one = $1 then $2 else named.one end)
           from jsonb_array_elements_text(selector->'ids') named(one)))
       where selector->'ids' ? $1`,
      [from, to],
    );
  },
};
