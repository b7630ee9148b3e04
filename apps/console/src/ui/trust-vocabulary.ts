import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleDot,
  IconCircleMinus,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconLoader2,
  IconLock,
} from '@tabler/icons-react';
import { look } from './look.js';

/** States of what lets devices in and of what they are told to trust. */
export const trustVocabulary = {
  approval: {
    pending: look('warn', IconHandStop, 'Waits for a person'),
    approved: look('good', IconCircleCheck),
    rejected: look('bad', IconCircleX, 'Turned away'),
    expired: look('idle', IconClock),
  },
  manufacturer: {
    unproven: look('warn', IconHandStop, 'Not proven'),
    active: look('good', IconCircleCheck),
    disabled: look('idle', IconCircleMinus),
  },
  /** Of a token or a claim batch, as it follows from its uses and its end. */
  wayIn: {
    open: look('good', IconCircleDot),
    spent: look('plain', IconCircleCheck, 'Used up'),
    over: look('idle', IconClock, 'Expired'),
    revoked: look('idle', IconBan),
  },
  registeredKey: {
    waiting: look('idle', IconCircleDashed, 'Not seen yet'),
    used: look('good', IconCircleCheck, 'Enrolled'),
    revoked: look('idle', IconBan),
  },
  generation: {
    created: look('idle', IconCircleDashed),
    distributed: look('active', IconCircleDot),
    issuing: look('good', IconCircleCheck),
    retiring: look('warn', IconClock),
    retired: look('idle', IconCircleMinus),
  },
  rollover: {
    open: look('active', IconLoader2, 'Under way'),
    done: look('good', IconCircleCheck),
    rolled_back: look('warn', IconArrowBackUp),
  },
  signingKey: {
    next: look('active', IconCircleDashed, 'Next'),
    active: look('good', IconLock, 'Signs'),
    retired: look('idle', IconCircleMinus),
    revoked: look('bad', IconBan),
  },
  change: {
    proposed: look('warn', IconHandStop, 'Waits for approval'),
    applied: look('good', IconCircleCheck, 'Done'),
    denied: look('idle', IconBan),
    failed: look('bad', IconCircleX),
    expired: look('idle', IconClock),
  },
  bulkRow: {
    created: look('good', IconCircleCheck),
    existing: look('plain', IconCircleCheck, 'Was there'),
    failed: look('bad', IconCircleX),
  },
  /** A list of revoked certificates, by the share of its life that has passed. */
  list: {
    fresh: look('plain', IconCircleCheck),
    past_half: look('warn', IconAlertTriangle, 'Past half its life'),
    over: look('bad', IconCircleX, 'Past its end'),
  },
} as const;
