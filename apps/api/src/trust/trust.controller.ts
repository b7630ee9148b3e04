import * as routes from '@muster/contracts/trust/trust.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { TrustChangesService } from './trust-changes.service.js';
import { TrustReadingsService } from './trust-readings.service.js';

@Controller()
export class TrustController {
  constructor(
    private readonly readings: TrustReadingsService,
    private readonly changes: TrustChangesService,
  ) {}

  @Endpoint(routes.listAuthorities)
  authorities(call: Call<typeof routes.listAuthorities>) {
    return this.readings.authorities(call);
  }

  @Endpoint(routes.listSigningKeys)
  signingKeys(call: Call<typeof routes.listSigningKeys>) {
    return this.readings.signingKeys(call);
  }

  @Endpoint(routes.listBundles)
  bundles(call: Call<typeof routes.listBundles>) {
    return this.readings.bundles(call);
  }

  @Endpoint(routes.getBundle)
  bundle(call: Call<typeof routes.getBundle>) {
    return this.readings.bundle(call);
  }

  @Endpoint(routes.listStragglers)
  stragglers(call: Call<typeof routes.listStragglers>) {
    return this.readings.stragglers(call);
  }

  @Endpoint(routes.listRollovers)
  rollovers(call: Call<typeof routes.listRollovers>) {
    return this.readings.rollovers(call);
  }

  @Endpoint(routes.getRollover)
  rollover(call: Call<typeof routes.getRollover>) {
    return this.readings.rollover(call);
  }

  @Endpoint(routes.proposeTrustChange)
  propose(call: Call<typeof routes.proposeTrustChange>) {
    return this.changes.propose(call);
  }

  @Endpoint(routes.listTrustChanges)
  list(call: Call<typeof routes.listTrustChanges>) {
    return this.changes.list(call);
  }

  @Endpoint(routes.getTrustChange)
  get(call: Call<typeof routes.getTrustChange>) {
    return this.changes.get(call);
  }

  @Endpoint(routes.approveTrustChange)
  approve(call: Call<typeof routes.approveTrustChange>) {
    return this.changes.approve(call);
  }

  @Endpoint(routes.denyTrustChange)
  deny(call: Call<typeof routes.denyTrustChange>) {
    return this.changes.deny(call);
  }
}
