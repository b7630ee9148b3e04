import type { TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import type { Tx } from '@muster/persistence/database';
import type { Principal } from '../http/principal.js';

export type ChangeKind = TrustChangeInput['kind'];
export type InputOf<K extends ChangeKind> = Extract<TrustChangeInput, { kind: K }>;

/** Who asks for a step or approves it, and when. */
export interface ChangeCall {
  readonly principal: Principal;
  readonly now: Date;
  readonly requestId: string;
}

/** One kind of step. Every function throws the Refusal the caller gets. */
export interface ChangeStep<K extends ChangeKind> {
  /** `tenant` for what only touches rows of the tenant, `system` for what crosses tenants. */
  readonly reach: 'tenant' | 'system';
  /** What would happen, in one sentence with numbers. */
  check(tx: Tx, input: InputOf<K>, call: ChangeCall): Promise<string>;
  /** What must not happen inside a transaction, such as making a key. Repeatable, and without effect until `apply`. */
  prepare?(input: InputOf<K>, call: ChangeCall): Promise<void>;
  /** Does it; returns what came of it, in one sentence. Nothing but the transaction may change. */
  apply(tx: Tx, input: InputOf<K>, call: ChangeCall): Promise<string>;
}

export type ChangeSteps = { readonly [K in ChangeKind]: ChangeStep<K> };
