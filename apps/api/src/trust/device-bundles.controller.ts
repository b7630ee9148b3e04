import { Database } from '@muster/persistence/database';
import { bundleStore } from '@muster/persistence/trust/bundle.store';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { CallingDevice, type DeviceCaller } from '../device-door/calling-device.js';
import { DeviceGuard } from '../device-door/device.guard.js';
import { parseBody } from '../device-door/parse-body.js';
import { IdentityDoor } from './identity-door.js';

const MAX_BUNDLES = 50;
const AfterQuery = z.object({ after: z.coerce.number().int().min(0).max(2_147_483_647).default(0) });

/** Trust bundles as devices fetch them: each is signed by a key that the one before it names. */
@Controller('/device/v1')
export class DeviceBundlesController {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
  ) {}

  /** The bundles above `after`, oldest first, at most 50: a device that gets 50 asks again. */
  @Get('trust-bundles')
  @UseGuards(DeviceGuard)
  async list(@CallingDevice() { tenantId }: DeviceCaller, @Query() query: unknown): Promise<{ bundles: string[] }> {
    const { after } = parseBody(AfterQuery, query);
    await this.door.bundles.newest(tenantId);
    const rows = await this.database.tenant(tenantId, (tx) => bundleStore.after(tx, tenantId, after, MAX_BUNDLES));
    return { bundles: rows.map(({ jws }) => jws) };
  }
}
