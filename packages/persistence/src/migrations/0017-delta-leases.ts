import { Statements } from './statements.js';

/** Who builds a delta has it for a while, so that another builder may take it up when the first one died. */
export class DeltaLeases1763700000017 extends Statements {
  readonly forward = ['alter table deltas add column lease_until timestamptz'];
  readonly back = ['alter table deltas drop column lease_until'];
}
