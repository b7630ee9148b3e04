import { Module } from '@nestjs/common';
import { DeviceClassesController } from './device-classes.controller.js';
import { DeviceClassesService } from './device-classes.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';
import { FleetService } from './fleet.service.js';
import { ImportService } from './import.service.js';
import { LifecycleService } from './lifecycle.service.js';
import { TwinsController } from './twins.controller.js';
import { TwinsService } from './twins.service.js';

/** The registry: devices, their life, their twins, where they drift. */
@Module({
  controllers: [DevicesController, DeviceClassesController, TwinsController],
  providers: [DevicesService, DeviceClassesService, FleetService, ImportService, LifecycleService, TwinsService],
})
export class DevicesModule {}
