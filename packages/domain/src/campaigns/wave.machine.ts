import { waveStates } from '@muster/contracts/campaigns/campaigns.schema';
import { type EventOf, machine } from '../machine.js';

/** One wave. Being finished is not being passed: only a gate's verdict leads to `soaking` and `passed`. */
export const wave = machine(
  waveStates,
  {
    planned: { open: 'open', skip: 'skipped', empty: 'empty' },
    open: { soak: 'soaking', pass: 'passed', halt: 'halted', empty: 'empty' },
    soaking: { pass: 'passed', halt: 'halted' },
    // A late regression halts a wave that had passed.
    passed: { halt: 'halted' },
    halted: { reopen: 'open' },
    empty: {},
    skipped: {},
  },
  'planned',
);
export type WaveEvent = EventOf<typeof wave>;
