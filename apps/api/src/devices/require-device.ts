import type { Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { Refusal } from '../http/refusal.js';

/** What hangs on a device begins here: one of another tenant is answered like one that never was. */
export const requireDevice = async (tx: Tx, deviceId: string): Promise<void> => {
  if (!(await deviceStore.exists(tx, deviceId))) throw Refusal.notFound('device', deviceId);
};
