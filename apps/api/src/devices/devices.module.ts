import { Module } from '@nestjs/common';
import { ClonesService } from './clones.service.js';
import { DeviceClassesController } from './device-classes.controller.js';
import { DeviceClassesService } from './device-classes.service.js';
import { DeviceGroupsController } from './device-groups.controller.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';
import { FleetService } from './fleet.service.js';
import { IdentitiesController } from './identities.controller.js';
import { ImportService } from './import.service.js';
import { LifecycleService } from './lifecycle.service.js';
import { PinsService } from './pins.service.js';
import { SitesService } from './sites.service.js';
import { SwapService } from './swap.service.js';
import { TwinsController } from './twins.controller.js';
import { TwinsService } from './twins.service.js';

/** The registry: devices, their life, their twins, where they drift. */
@Module({
  controllers: [
    DevicesController,
    DeviceClassesController,
    DeviceGroupsController,
    IdentitiesController,
    TwinsController,
  ],
  providers: [
    ClonesService,
    DevicesService,
    DeviceClassesService,
    FleetService,
    ImportService,
    LifecycleService,
    PinsService,
    SitesService,
    SwapService,
    TwinsService,
  ],
})
export class DevicesModule {}
