import * as routes from '@muster/contracts/enrollment/enrollment.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { CertificatesService } from './certificates.service.js';
import { TokensService } from './tokens.service.js';

@Controller()
export class EnrollmentController {
  constructor(
    private readonly tokens: TokensService,
    private readonly certificates: CertificatesService,
  ) {}

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

  @Endpoint(routes.listDeviceCertificates)
  listCertificates(call: Call<typeof routes.listDeviceCertificates>) {
    return this.certificates.listOfDevice(call);
  }

  @Endpoint(routes.requestRenewal)
  requestRenewal(call: Call<typeof routes.requestRenewal>) {
    return this.certificates.requestRenewal(call);
  }

  @Endpoint(routes.revokeCertificate)
  revokeCertificate(call: Call<typeof routes.revokeCertificate>) {
    return this.certificates.revoke(call);
  }
}
