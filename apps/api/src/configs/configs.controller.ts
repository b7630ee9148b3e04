import * as routes from '@muster/contracts/configs/configs.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ConfigVersionsService } from './config-versions.service.js';
import { ConfigsService } from './configs.service.js';

@Controller()
export class ConfigsController {
  constructor(
    private readonly configs: ConfigsService,
    private readonly versions: ConfigVersionsService,
  ) {}

  @Endpoint(routes.listConfigs)
  list(call: Call<typeof routes.listConfigs>) {
    return this.configs.list(call);
  }

  @Endpoint(routes.createConfig)
  create(call: Call<typeof routes.createConfig>) {
    return this.versions.create(call);
  }

  @Endpoint(routes.getConfig)
  get(call: Call<typeof routes.getConfig>) {
    return this.configs.get(call);
  }

  @Endpoint(routes.patchConfig)
  patch(call: Call<typeof routes.patchConfig>) {
    return this.versions.patch(call);
  }

  @Endpoint(routes.addConfigVersion)
  draft(call: Call<typeof routes.addConfigVersion>) {
    return this.versions.draft(call);
  }

  @Endpoint(routes.publishConfig)
  publish(call: Call<typeof routes.publishConfig>) {
    return this.versions.publish(call);
  }

  @Endpoint(routes.diffConfig)
  diff(call: Call<typeof routes.diffConfig>) {
    return this.configs.diff(call);
  }

  @Endpoint(routes.getDeviceConfig)
  ofDevice(call: Call<typeof routes.getDeviceConfig>) {
    return this.configs.ofDevice(call);
  }
}
