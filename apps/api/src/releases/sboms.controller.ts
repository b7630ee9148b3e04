import * as routes from '@muster/contracts/releases/releases.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ComponentsService } from './components.service.js';
import { SbomsService } from './sboms.service.js';

@Controller()
export class SbomsController {
  constructor(
    private readonly sboms: SbomsService,
    private readonly components: ComponentsService,
  ) {}

  @Endpoint(routes.putSbom)
  put(call: Call<typeof routes.putSbom>) {
    return this.sboms.put(call);
  }

  @Endpoint(routes.getSbom)
  get(call: Call<typeof routes.getSbom>) {
    return this.sboms.get(call);
  }

  @Endpoint(routes.listComponents)
  list(call: Call<typeof routes.listComponents>) {
    return this.sboms.components(call);
  }

  @Endpoint(routes.diffSboms)
  diff(call: Call<typeof routes.diffSboms>) {
    return this.sboms.diff(call);
  }

  @Endpoint(routes.findComponents)
  uses(call: Call<typeof routes.findComponents>) {
    return this.components.uses(call);
  }

  @Endpoint(routes.findComponentDevices)
  devices(call: Call<typeof routes.findComponentDevices>) {
    return this.components.devices(call);
  }
}
