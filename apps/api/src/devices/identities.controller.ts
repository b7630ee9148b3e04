import * as routes from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ClonesService } from './clones.service.js';
import { SwapService } from './swap.service.js';

/** Identities against hardware: one used twice, and a new one for the same place. */
@Controller()
export class IdentitiesController {
  constructor(
    private readonly clones: ClonesService,
    private readonly swaps: SwapService,
  ) {}

  @Endpoint(routes.swapDevice)
  swap(call: Call<typeof routes.swapDevice>) {
    return this.swaps.swap(call);
  }

  @Endpoint(routes.listDeviceSightings)
  sightings(call: Call<typeof routes.listDeviceSightings>) {
    return this.clones.sightings(call);
  }

  @Endpoint(routes.dismissClone)
  dismiss(call: Call<typeof routes.dismissClone>) {
    return this.clones.dismiss(call);
  }
}
