import * as routes from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { TwinsService } from './twins.service.js';

@Controller()
export class TwinsController {
  constructor(private readonly twins: TwinsService) {}

  @Endpoint(routes.getTwin)
  get(call: Call<typeof routes.getTwin>) {
    return this.twins.get(call);
  }

  @Endpoint(routes.patchTwin)
  patch(call: Call<typeof routes.patchTwin>) {
    return this.twins.patch(call);
  }

  @Endpoint(routes.twinHistory)
  history(call: Call<typeof routes.twinHistory>) {
    return this.twins.history(call);
  }

  @Endpoint(routes.listDrift)
  drift(call: Call<typeof routes.listDrift>) {
    return this.twins.listDrift(call);
  }

  @Endpoint(routes.driftByPath)
  driftByPath(call: Call<typeof routes.driftByPath>) {
    return this.twins.driftByPath(call);
  }
}
