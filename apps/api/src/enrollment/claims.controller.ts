import * as routes from '@muster/contracts/enrollment/claims.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ClaimsService } from './claims.service.js';

@Controller()
export class ClaimsController {
  constructor(private readonly claims: ClaimsService) {}

  @Endpoint(routes.createClaimBatch)
  create(call: Call<typeof routes.createClaimBatch>) {
    return this.claims.create(call);
  }

  @Endpoint(routes.listClaimBatches)
  list(call: Call<typeof routes.listClaimBatches>) {
    return this.claims.list(call);
  }

  @Endpoint(routes.getClaimBatch)
  get(call: Call<typeof routes.getClaimBatch>) {
    return this.claims.get(call);
  }

  @Endpoint(routes.listClaimSerials)
  listSerials(call: Call<typeof routes.listClaimSerials>) {
    return this.claims.listSerials(call);
  }

  @Endpoint(routes.addClaimSerials)
  addSerials(call: Call<typeof routes.addClaimSerials>) {
    return this.claims.addSerials(call);
  }

  @Endpoint(routes.revokeClaimBatch)
  revoke(call: Call<typeof routes.revokeClaimBatch>) {
    return this.claims.revoke(call);
  }
}
