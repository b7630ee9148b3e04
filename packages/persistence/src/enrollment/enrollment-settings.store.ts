import type { EnrollmentSettings } from '@muster/contracts/enrollment/bulk.schema';
import type { Tx } from '../transaction.js';

/** What holds in a tenant that never changed anything; the same as the columns' defaults. */
export const enrollmentDefaults: EnrollmentSettings = {
  operatorApproval: false,
  maxPending: 1000,
  maxDevices: null,
  enrollmentsPerMinute: 6000,
  leafLifeS: 90 * 86_400,
  graceS: 30 * 86_400,
  rsaKeys: false,
  version: 1,
};

const columns = `operator_approval as "operatorApproval", max_pending as "maxPending", max_devices as "maxDevices",
  enrollments_per_minute as "enrollmentsPerMinute", leaf_life_s as "leafLifeS", grace_s as "graceS",
  rsa_keys as "rsaKeys", version`;

/** How a tenant enrols. Everything runs in a tenant transaction. */
export const enrollmentSettingsStore = {
  async get(tx: Tx): Promise<EnrollmentSettings> {
    return (await enrollmentSettingsStore.find(tx)) ?? enrollmentDefaults;
  },

  /** Null while the tenant has never changed its settings. */
  async find(tx: Tx): Promise<EnrollmentSettings | null> {
    const [row] = await tx.query<EnrollmentSettings>(
      `select ${columns} from enrollment_settings where tenant_id = $1`,
      [tx.tenantId],
    );
    return row ?? null;
  },

  /** Locked to the end of the transaction, so that a count that is judged by them holds. */
  async lock(tx: Tx): Promise<EnrollmentSettings> {
    await tx.execute('insert into enrollment_settings (tenant_id) values ($1) on conflict do nothing', [tx.tenantId]);
    const [row] = await tx.query<EnrollmentSettings>(
      `select ${columns} from enrollment_settings where tenant_id = $1 for update`,
      [tx.tenantId],
    );
    return row!;
  },

  /** The caller holds the lock and has compared the version. */
  async put(tx: Tx, wanted: Omit<EnrollmentSettings, 'version'>): Promise<EnrollmentSettings> {
    const [row] = await tx.query<EnrollmentSettings>(
      `update enrollment_settings set operator_approval = $2, max_pending = $3, max_devices = $4,
         enrollments_per_minute = $5, leaf_life_s = $6, grace_s = $7, rsa_keys = $8, version = version + 1
       where tenant_id = $1 returning ${columns}`,
      [
        tx.tenantId,
        wanted.operatorApproval,
        wanted.maxPending,
        wanted.maxDevices,
        wanted.enrollmentsPerMinute,
        wanted.leafLifeS,
        wanted.graceS,
        wanted.rsaKeys,
      ],
    );
    return row!;
  },
};
