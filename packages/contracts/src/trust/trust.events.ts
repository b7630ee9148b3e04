import { z } from 'zod';
import { Id } from '../ids.js';
import { findingKinds } from './trust.schema.js';

const finding = z.object({ kind: z.enum(findingKinds), subject: z.string() });

export const trustEvents = {
  'trust.change_proposed': z.object({ changeId: Id }),
  'trust.change_decided': z.object({ changeId: Id }),
  'trust.rollover_changed': z.object({ rolloverId: Id }),
  /** A new bundle: every device that is connected is told. */
  'trust.bundle_made': z.object({ number: z.number().int() }),
  /** Told once, and again only after it was closed. */
  'trust.finding_opened': finding.extend({ sentence: z.string() }),
  'trust.finding_closed': finding,
} as const;
