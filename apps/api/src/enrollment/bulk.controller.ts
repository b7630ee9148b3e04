import * as routes from '@muster/contracts/enrollment/bulk.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { BulkTokensService } from './bulk-tokens.service.js';
import { EnrollmentSettingsService } from './enrollment-settings.service.js';
import { RegisteredKeysService } from './registered-keys.service.js';

@Controller()
export class BulkController {
  constructor(
    private readonly tokens: BulkTokensService,
    private readonly keys: RegisteredKeysService,
    private readonly settings: EnrollmentSettingsService,
  ) {}

  @Endpoint(routes.createEnrollmentTokens)
  createTokens(call: Call<typeof routes.createEnrollmentTokens>) {
    return this.tokens.create(call);
  }

  @Endpoint(routes.registerKeys)
  registerKeys(call: Call<typeof routes.registerKeys>) {
    return this.keys.register(call);
  }

  @Endpoint(routes.listRegisteredKeys)
  listKeys(call: Call<typeof routes.listRegisteredKeys>) {
    return this.keys.list(call);
  }

  @Endpoint(routes.revokeRegisteredKey)
  revokeKey(call: Call<typeof routes.revokeRegisteredKey>) {
    return this.keys.revoke(call);
  }

  @Endpoint(routes.getEnrollmentSettings)
  getSettings(call: Call<typeof routes.getEnrollmentSettings>) {
    return this.settings.get(call);
  }

  @Endpoint(routes.patchEnrollmentSettings)
  patchSettings(call: Call<typeof routes.patchEnrollmentSettings>) {
    return this.settings.patch(call);
  }

  @Endpoint(routes.readmitDevice)
  readmit(call: Call<typeof routes.readmitDevice>) {
    return this.settings.readmit(call);
  }
}
