import { z } from 'zod';
import { Id } from '../ids.js';

const onCertificate = z.object({ certificateId: Id, deviceId: Id });
export const enrollmentEvents = {
  'enrollment.token_created': z.object({ tokenId: Id }),
  'enrollment.token_used': z.object({ tokenId: Id, deviceId: Id }),
  'enrollment.refused': z.object({ tokenId: Id, code: z.string() }),
  'certificate.issued': onCertificate,
  'certificate.activated': onCertificate,
  'certificate.revoked': onCertificate.extend({ fingerprint: z.string() }),
  'certificate.session_cut': onCertificate,
  'certificate.renewal_requested': onCertificate,
} as const;
