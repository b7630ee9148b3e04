import * as routes from '@muster/contracts/campaigns/brakes.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { FreezesService } from './freezes.service.js';

@Controller()
export class FreezesController {
  constructor(private readonly freezes: FreezesService) {}

  @Endpoint(routes.listFreezes)
  list(call: Call<typeof routes.listFreezes>) {
    return this.freezes.list(call);
  }

  @Endpoint(routes.createFreeze)
  create(call: Call<typeof routes.createFreeze>) {
    return this.freezes.create(call);
  }

  @Endpoint(routes.deleteFreeze)
  delete(call: Call<typeof routes.deleteFreeze>) {
    return this.freezes.delete(call);
  }
}
