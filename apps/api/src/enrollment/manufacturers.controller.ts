import * as routes from '@muster/contracts/enrollment/manufacturers.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ManufacturersService } from './manufacturers.service.js';

@Controller()
export class ManufacturersController {
  constructor(private readonly manufacturers: ManufacturersService) {}

  @Endpoint(routes.registerManufacturer)
  register(call: Call<typeof routes.registerManufacturer>) {
    return this.manufacturers.register(call);
  }

  @Endpoint(routes.listManufacturers)
  list(call: Call<typeof routes.listManufacturers>) {
    return this.manufacturers.list(call);
  }

  @Endpoint(routes.getManufacturer)
  get(call: Call<typeof routes.getManufacturer>) {
    return this.manufacturers.get(call);
  }

  @Endpoint(routes.proveManufacturer)
  prove(call: Call<typeof routes.proveManufacturer>) {
    return this.manufacturers.prove(call);
  }

  @Endpoint(routes.renewManufacturerChallenge)
  renewChallenge(call: Call<typeof routes.renewManufacturerChallenge>) {
    return this.manufacturers.renewChallenge(call);
  }

  @Endpoint(routes.disableManufacturer)
  disable(call: Call<typeof routes.disableManufacturer>) {
    return this.manufacturers.disable(call);
  }
}
