import { type EventOf, machine } from '../machine.js';

/** How far a rollover is, as both generations together say it. */
export const rolloverPhases = ['created', 'distributed', 'switched', 'done', 'rolled_back'] as const;
export type RolloverPhase = (typeof rolloverPhases)[number];

/** A rollover of an authority: taken back from anywhere until the old generation is retired. */
export const rollover = machine(
  rolloverPhases,
  {
    created: { distribute: 'distributed', roll_back: 'rolled_back' },
    distributed: { switch_issuing: 'switched', roll_back: 'rolled_back' },
    switched: { switch_issuing: 'switched', retire: 'done', roll_back: 'rolled_back' },
    done: {},
    rolled_back: {},
  },
  'created',
);
export type RolloverStep = EventOf<typeof rollover>;
