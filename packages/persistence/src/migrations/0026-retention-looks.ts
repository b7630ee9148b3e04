import { Statements } from './statements.js';

/**
 * How many rows a part had taken when what ended was removed from it: while it has taken no more there is nothing to look
 * for. A late message may bring back what was gone.
 */
export class RetentionLooks1763700000026 extends Statements {
  readonly forward = ['alter table retention_done add column inserted bigint not null default -1'];
  readonly back = ['alter table retention_done drop column inserted'];
}
