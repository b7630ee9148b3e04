import * as routes from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { DevicesService } from './devices.service.js';
import { FleetService } from './fleet.service.js';
import { ImportService } from './import.service.js';
import { LifecycleService } from './lifecycle.service.js';

@Controller()
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly fleet: FleetService,
    private readonly imports: ImportService,
    private readonly life: LifecycleService,
  ) {}

  @Endpoint(routes.listDevices)
  list(call: Call<typeof routes.listDevices>) {
    return this.devices.list(call);
  }

  @Endpoint(routes.fleetSummary)
  summary(call: Call<typeof routes.fleetSummary>) {
    return this.fleet.summary(call);
  }

  @Endpoint(routes.createDevice)
  create(call: Call<typeof routes.createDevice>) {
    return this.devices.create(call);
  }

  @Endpoint(routes.importDevices)
  import(call: Call<typeof routes.importDevices>) {
    return this.imports.import(call);
  }

  @Endpoint(routes.previewSelector)
  preview(call: Call<typeof routes.previewSelector>) {
    return this.devices.preview(call);
  }

  @Endpoint(routes.getDevice)
  get(call: Call<typeof routes.getDevice>) {
    return this.devices.get(call);
  }

  @Endpoint(routes.patchDevice)
  patch(call: Call<typeof routes.patchDevice>) {
    return this.devices.patch(call);
  }

  @Endpoint(routes.startMaintenance)
  maintain(call: Call<typeof routes.startMaintenance>) {
    return this.life.move(call, 'maintain');
  }

  @Endpoint(routes.activateDevice)
  activate(call: Call<typeof routes.activateDevice>) {
    return this.life.move(call, 'activate');
  }

  @Endpoint(routes.quarantineDevice)
  quarantine(call: Call<typeof routes.quarantineDevice>) {
    return this.life.move(call, 'quarantine');
  }

  @Endpoint(routes.decommissionDevice)
  decommission(call: Call<typeof routes.decommissionDevice>) {
    return this.life.move(call, 'decommission');
  }

  @Endpoint(routes.deviceTimeline)
  timeline(call: Call<typeof routes.deviceTimeline>) {
    return this.devices.timeline(call);
  }
}
