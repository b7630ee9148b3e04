import * as routes from '@muster/contracts/campaigns/brakes.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { KillSwitchService } from './kill-switch.service.js';

@Controller()
export class KillSwitchController {
  constructor(private readonly killSwitch: KillSwitchService) {}

  @Endpoint(routes.getKillSwitch)
  get(call: Call<typeof routes.getKillSwitch>) {
    return this.killSwitch.get(call);
  }

  @Endpoint(routes.setKillSwitch)
  set(call: Call<typeof routes.setKillSwitch>) {
    return this.killSwitch.set(call);
  }
}
