import * as routes from '@muster/contracts/certificates/certificates.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { CertificatesService } from './certificates.service.js';

@Controller()
export class CertificatesController {
  constructor(private readonly certificates: CertificatesService) {}

  @Endpoint(routes.listDeviceCertificates)
  listCertificates(call: Call<typeof routes.listDeviceCertificates>) {
    return this.certificates.listOfDevice(call);
  }

  @Endpoint(routes.listCertificates)
  list(call: Call<typeof routes.listCertificates>) {
    return this.certificates.list(call);
  }

  @Endpoint(routes.getCertificate)
  get(call: Call<typeof routes.getCertificate>) {
    return this.certificates.get(call);
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
