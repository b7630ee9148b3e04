import { configStore } from '../configs/config.store.js';
import { catalogueStore } from '../telemetry/catalogue.store.js';
import type { Tx } from '../transaction.js';
import type { DeviceRow } from './device.store.js';
import { twinStore } from './twin.store.js';

type Kept = Pick<DeviceRow, 'id' | 'deviceKey'>;

/** What the name of hardware that was taken out ends with. */
const OUT = ' (replaced)';

/** Hardware that takes the place of other hardware. */
export const swapStore = {
  /** Whether other hardware has taken the device's place already. */
  async hasSuccessor(tx: Tx, deviceId: string): Promise<boolean> {
    return (await tx.query('select 1 from devices where predecessor_id = $1', [deviceId])).length > 0;
  },

  /**
   * Gives a device that was just made what belongs to the place and not to the hardware: pin, golden configs that name the
   * device, the desired state, places and assets below it. The caller holds the old one's lock; its name gets an ending.
   */
  async takeOver(tx: Tx, old: Kept & { readonly pinned: boolean }, successor: Kept, actor: string, now: Date) {
    await tx.execute('update devices set predecessor_id = $2, pinned = $3 where id = $1', [
      successor.id,
      old.id,
      old.pinned,
    ]);
    await tx.execute(`update devices set name = left(name, ${120 - OUT.length}) || '${OUT}' where id = $1`, [old.id]);
    await catalogueStore.copyPlaces(tx, old.deviceKey, successor.deviceKey);
    await configStore.replaceDevice(tx, old.id, successor.id);
    const wanted = await twinStore.find(tx, old.id);
    const [twin] = await twinStore.lock(tx, [successor.id]);
    if (wanted !== null && twin !== undefined)
      await twinStore.desire(tx, [{ twin, document: wanted.desired }], actor, now);
  },
};
