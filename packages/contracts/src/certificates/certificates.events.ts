import { z } from 'zod';
import { Id } from '../ids.js';

const onCertificate = z.object({ certificateId: Id, deviceId: Id });
export const certificateEvents = {
  'certificate.issued': onCertificate,
  'certificate.activated': onCertificate,
  'certificate.revoked': onCertificate.extend({ fingerprint: z.string() }),
  /** Its time is over: it expired, or its successor has been in use for longer than both may be. */
  'certificate.ended': onCertificate.extend({ fingerprint: z.string() }),
  'certificate.session_cut': onCertificate,
  'certificate.renewal_requested': onCertificate,
  /** The session is gone and a fresh handshake was refused; the times stand on the certificate. */
  'certificate.revocation_proven': onCertificate,
} as const;
