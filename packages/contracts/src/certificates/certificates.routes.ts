import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  Certificate,
  CertificatePage,
  CertificateQuery,
  FleetCertificatePage,
  revocationReasons,
} from './certificates.schema.js';

export const listDeviceCertificates = route({
  method: 'GET',
  path: '/devices/:deviceId/certificates',
  summary: 'Certificates of a device, newest first',
  permission: 'device:read',
  params: z.object({ deviceId: DeviceId }),
  query: PageQuery,
  returns: CertificatePage,
  refuses: ['not_found'],
});
export const requestRenewal = route({
  method: 'POST',
  path: '/devices/:deviceId/certificates/renew',
  summary: "Open a device's renewal window now; the device answers with a new key",
  permission: 'certificate:revoke',
  params: z.object({ deviceId: DeviceId }),
  returns: Certificate,
  refuses: ['not_found', 'transition_refused'],
});
export const revokeCertificate = route({
  method: 'POST',
  path: '/certificates/:certificateId/revoke',
  summary: 'Revoke a certificate: its session ends and its next handshake is refused',
  permission: 'certificate:revoke',
  params: z.object({ certificateId: Id }),
  body: z.strictObject({ reason: z.enum(revocationReasons), comment: z.string().max(500).optional() }),
  returns: Certificate,
  refuses: ['not_found', 'transition_refused'],
});
export const listCertificates = route({
  method: 'GET',
  path: '/certificates',
  summary: 'Certificates of the whole fleet, those that end first first',
  permission: 'device:read',
  query: CertificateQuery,
  returns: FleetCertificatePage,
});
export const getCertificate = route({
  method: 'GET',
  path: '/certificates/:certificateId',
  summary: 'One certificate',
  permission: 'device:read',
  params: z.object({ certificateId: Id }),
  returns: Certificate,
  refuses: ['not_found'],
});
