import * as routes from '@muster/contracts/enrollment/enrollment.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { TokensService } from './tokens.service.js';

@Controller()
export class EnrollmentController {
  constructor(private readonly tokens: TokensService) {}

  @Endpoint(routes.createEnrollmentToken)
  createToken(call: Call<typeof routes.createEnrollmentToken>) {
    return this.tokens.create(call);
  }

  @Endpoint(routes.listEnrollmentTokens)
  listTokens(call: Call<typeof routes.listEnrollmentTokens>) {
    return this.tokens.list(call);
  }

  @Endpoint(routes.getEnrollmentToken)
  getToken(call: Call<typeof routes.getEnrollmentToken>) {
    return this.tokens.get(call);
  }

  @Endpoint(routes.revokeEnrollmentToken)
  revokeToken(call: Call<typeof routes.revokeEnrollmentToken>) {
    return this.tokens.revoke(call);
  }
}
