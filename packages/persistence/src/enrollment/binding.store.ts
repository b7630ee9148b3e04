import type { Tx } from '../transaction.js';

/** What a way in says of the device that comes by it; null where it leaves that open. */
export interface Binding {
  readonly model: string | null;
  readonly serial: string | null;
}

/** What registered CAs say of the devices whose factory certificates they signed. */
export interface FactoryBinding {
  readonly model: string;
  readonly serialFrom: 'common_name' | 'serial_number';
}

/**
 * Which device a credential is for, for clients that have no words of their own to say it. Nothing here lets anybody in.
 * Needs a system transaction.
 */
export const bindingStore = {
  async ofToken(tx: Tx, id: string): Promise<Binding | null> {
    const [row] = await tx.query<Binding>('select model, serial from enrollment_tokens where id = $1', [id]);
    return row ?? null;
  },

  /** By SHA-256 of the claim certificate, hex. */
  async ofClaimBatch(tx: Tx, fingerprint: string): Promise<Binding | null> {
    const [row] = await tx.query<Binding>('select model, null as serial from claim_batches where fingerprint = $1', [
      fingerprint,
    ]);
    return row ?? null;
  },

  /** By the id of the manufacturer. */
  async ofManufacturer(tx: Tx, id: string): Promise<FactoryBinding | null> {
    const [row] = await tx.query<FactoryBinding>(
      'select model, serial_from as "serialFrom" from manufacturers where id = $1',
      [id],
    );
    return row ?? null;
  },

  /** By SHA-256 of the subject public key info, hex. */
  async ofRegisteredKey(tx: Tx, keyHash: string): Promise<Binding | null> {
    const [row] = await tx.query<Binding>(
      `select d.model, d.serial from registered_keys k
       join devices d on d.tenant_id = k.tenant_id and d.id = k.device_id
       where k.key_hash = $1 and k.revoked_at is null`,
      [keyHash],
    );
    return row ?? null;
  },
};
