import * as routes from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { DeviceClassesService } from './device-classes.service.js';

@Controller()
export class DeviceClassesController {
  constructor(private readonly classes: DeviceClassesService) {}

  @Endpoint(routes.listDeviceClasses)
  list(call: Call<typeof routes.listDeviceClasses>) {
    return this.classes.list(call);
  }

  @Endpoint(routes.putDeviceClass)
  put(call: Call<typeof routes.putDeviceClass>) {
    return this.classes.put(call);
  }
}
