import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCircle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleDot,
  IconCircleMinus,
  IconCircleX,
  IconClock,
  IconDownload,
  IconHandStop,
  IconHelpCircle,
  IconLoader2,
  IconLock,
  IconPencil,
  IconPlayerPause,
  IconPlayerStop,
  IconRefresh,
  IconSnowflake,
  IconTool,
} from '@tabler/icons-react';
import { type Look, look } from './look.js';
import { trustVocabulary } from './trust-vocabulary.js';

const device = {
  pre_registered: look('idle', IconCircleDashed),
  pending_approval: look('warn', IconHandStop),
  active: look('plain', IconCircleCheck),
  maintenance: look('warn', IconTool),
  quarantined: look('bad', IconBan),
  decommissioning: look('idle', IconCircleMinus),
  decommissioned: look('idle', IconCircleMinus),
};

const presence = {
  never: look('idle', IconCircleDashed, 'Never seen'),
  online: look('good', IconCircleDot),
  late: look('warn', IconClock),
  offline: look('bad', IconCircle),
};

const health = {
  ok: look('plain', IconCircleCheck, 'Healthy'),
  degraded: look('warn', IconAlertTriangle),
  error: look('bad', IconCircleX),
};

const command = {
  queued: look('idle', IconClock),
  sent: look('active', IconLoader2),
  acknowledged: look('active', IconLoader2),
  succeeded: look('good', IconCircleCheck),
  failed: look('bad', IconCircleX),
  rejected: look('bad', IconBan),
  timed_out: look('bad', IconClock),
  expired: look('warn', IconClock),
  cancelling: look('warn', IconLoader2),
  cancelled: look('idle', IconCircleMinus),
  unknown: look('warn', IconHelpCircle),
};

const campaign = {
  draft: look('idle', IconPencil),
  awaiting_approval: look('warn', IconHandStop),
  denied: look('bad', IconBan),
  scheduled: look('idle', IconClock),
  preparing: look('active', IconLoader2),
  running: look('active', IconLoader2),
  held: look('warn', IconHandStop),
  halted: look('bad', IconAlertTriangle),
  pausing: look('warn', IconPlayerPause),
  paused: look('warn', IconPlayerPause),
  stopping: look('warn', IconPlayerStop),
  stopped: look('idle', IconPlayerStop),
  rolling_back: look('bad', IconArrowBackUp),
  completed: look('good', IconCircleCheck),
  completed_with_stragglers: look('good', IconCircleCheck, 'Completed, with stragglers'),
  failed: look('bad', IconCircleX),
};

const wave = {
  planned: look('idle', IconCircleDashed, 'Waiting'),
  open: look('active', IconLoader2),
  soaking: look('active', IconClock),
  passed: look('good', IconCircleCheck),
  halted: look('bad', IconAlertTriangle),
  empty: look('idle', IconCircleMinus),
  skipped: look('idle', IconCircleMinus),
};

const execution = {
  queued: look('idle', IconClock),
  offered: look('active', IconLoader2),
  accepted: look('active', IconLoader2),
  deferred: look('warn', IconClock),
  downloading: look('active', IconDownload),
  downloaded: look('active', IconDownload),
  installing: look('active', IconLoader2),
  rebooting: look('active', IconRefresh),
  verifying: look('active', IconLoader2),
  soaking: look('active', IconClock),
  rolling_back: look('warn', IconArrowBackUp),
  succeeded: look('good', IconCircleCheck),
  rejected: look('bad', IconBan),
  failed: look('bad', IconCircleX),
  timed_out: look('bad', IconClock),
  cancelled: look('idle', IconCircleMinus),
  superseded: look('idle', IconCircleMinus),
  incompatible: look('idle', IconBan),
  already_satisfied: look('plain', IconCircleCheck),
  unreachable: look('warn', IconCircle),
  in_doubt: look('warn', IconHelpCircle),
  regressed: look('bad', IconArrowBackUp),
  rolled_back: look('warn', IconArrowBackUp),
  rollback_blocked: look('bad', IconLock),
  removed: look('idle', IconCircleMinus),
};

const certificate = {
  requested: look('idle', IconClock),
  pending_approval: look('warn', IconHandStop),
  issued: look('idle', IconCircleDot),
  active: look('plain', IconCircleCheck),
  superseded: look('idle', IconCircleMinus),
  on_hold: look('warn', IconHandStop),
  expired: look('bad', IconClock),
  revoked: look('bad', IconBan),
  rejected: look('bad', IconCircleX),
};

const release = {
  draft: look('idle', IconPencil),
  signed: look('active', IconLock),
  published: look('good', IconCircleCheck),
  revoked: look('bad', IconBan),
};

const drift = {
  unacknowledged: look('idle', IconClock, 'Not acknowledged'),
  rejected: look('bad', IconBan),
  diverged: look('warn', IconAlertTriangle),
  unmanaged: look('idle', IconHelpCircle),
  invalid: look('bad', IconCircleX),
  stale: look('warn', IconClock),
};

const verdict = {
  pass: look('good', IconCircleCheck),
  fail: look('bad', IconCircleX),
  halt: look('bad', IconAlertTriangle, 'Halt'),
  // Not enough is known yet: nothing is wrong, so nothing is coloured.
  hold: look('idle', IconClock, 'Waits'),
  waiting: look('idle', IconClock),
  // Nothing was asked of it, or nothing is known: a deviation is what fails or waits.
  unknown: look('idle', IconCircleMinus),
};

const deadLetter = {
  open: look('warn', IconAlertTriangle),
  replayed: look('plain', IconCircleCheck),
  dropped: look('idle', IconCircleMinus),
};

const delivery = {
  pending: look('idle', IconClock),
  delivered: look('plain', IconCircleCheck),
  failed: look('bad', IconCircleX),
};

const config = {
  draft: look('idle', IconPencil),
  published: look('good', IconCircleCheck),
};

const freeze = {
  to_come: look('idle', IconClock),
  on: look('warn', IconSnowflake, 'Frozen now'),
  over: look('idle', IconCircleMinus),
};

const archive = {
  writing: look('active', IconLoader2),
  kept: look('good', IconCircleCheck),
  restoring: look('active', IconLoader2),
  restored: look('plain', IconArrowBackUp),
  failed: look('bad', IconCircleX),
};

const purge = {
  queued: look('idle', IconClock),
  running: look('active', IconLoader2),
  done: look('plain', IconCircleCheck),
  failed: look('bad', IconCircleX),
};

/** The closed vocabulary of the product's states: word, shape and tone, for every noun that has states. */
export const vocabulary = {
  device,
  presence,
  health,
  command,
  campaign,
  wave,
  execution,
  certificate,
  release,
  drift,
  verdict,
  deadLetter,
  delivery,
  config,
  freeze,
  archive,
  purge,
  ...trustVocabulary,
} as const;
export type Noun = keyof typeof vocabulary;

const unheardOf: Look = { tone: 'idle', icon: IconHelpCircle };

/** How to show a state; one this console does not know yet (a newer server) is shown plainly by its own name. */
export const lookOf = (noun: Noun, state: string): Look =>
  (vocabulary[noun] as Readonly<Record<string, Look>>)[state] ?? unheardOf;
