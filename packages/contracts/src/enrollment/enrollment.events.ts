import { z } from 'zod';
import { Id } from '../ids.js';

export const enrollmentEvents = {
  'enrollment.token_created': z.object({ tokenId: Id }),
  'enrollment.token_used': z.object({ tokenId: Id, deviceId: Id }),
  'enrollment.refused': z.object({ tokenId: Id, code: z.string() }),
  'enrollment.claim_changed': z.object({ batchId: Id }),
  'enrollment.manufacturer_changed': z.object({ manufacturerId: Id }),
  'enrollment.approval_requested': z.object({ approvalId: Id }),
  'enrollment.approval_decided': z.object({ approvalId: Id }),
} as const;
