import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  Certificate,
  CertificatePage,
  CreatedEnrollmentToken,
  EnrollmentToken,
  EnrollmentTokenPage,
  NewEnrollmentToken,
  revocationReasons,
} from './enrollment.schema.js';

const token = z.object({ tokenId: Id });

export const createEnrollmentToken = route({
  method: 'POST',
  path: '/enrollment-tokens',
  summary: 'Make an enrolment token; its secret is shown once',
  permission: 'enrollment:write',
  body: NewEnrollmentToken,
  returns: CreatedEnrollmentToken,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const listEnrollmentTokens = route({
  method: 'GET',
  path: '/enrollment-tokens',
  summary: 'Enrolment tokens, newest first',
  permission: 'enrollment:read',
  query: PageQuery,
  returns: EnrollmentTokenPage,
});
export const getEnrollmentToken = route({
  method: 'GET',
  path: '/enrollment-tokens/:tokenId',
  summary: 'One token and how far its newest enrolment got',
  permission: 'enrollment:read',
  params: token,
  returns: EnrollmentToken,
  refuses: ['not_found'],
});
export const revokeEnrollmentToken = route({
  method: 'POST',
  path: '/enrollment-tokens/:tokenId/revoke',
  summary: 'Revoke a token',
  permission: 'enrollment:write',
  params: token,
  returns: EnrollmentToken,
  refuses: ['not_found'],
});
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
