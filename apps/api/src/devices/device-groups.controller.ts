import * as routes from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { PinsService } from './pins.service.js';
import { SitesService } from './sites.service.js';

/** What is done to many devices at once, and where they stand. */
@Controller()
export class DeviceGroupsController {
  constructor(
    private readonly pins: PinsService,
    private readonly sites: SitesService,
  ) {}

  @Endpoint(routes.pinDevices)
  pin(call: Call<typeof routes.pinDevices>) {
    return this.pins.pin(call);
  }

  @Endpoint(routes.listSites)
  listSites(call: Call<typeof routes.listSites>) {
    return this.sites.list(call);
  }

  @Endpoint(routes.updateSite)
  updateSite(call: Call<typeof routes.updateSite>) {
    return this.sites.update(call);
  }
}
