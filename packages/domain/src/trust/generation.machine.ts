import { type GenerationState, generationStates } from '@muster/contracts/trust/trust.schema';
import { type EventOf, machine } from '../machine.js';

/**
 * A generation of an authority. Retired is the end: everything before it can be taken back. One that never issued is
 * withdrawn; one that did goes through retiring, because what it issued lives on.
 */
export const generation = machine(
  generationStates,
  {
    created: { distribute: 'distributed', withdraw: 'retired' },
    distributed: { begin_issuing: 'issuing', withdraw: 'retired' },
    issuing: { stop_issuing: 'retiring' },
    retiring: { begin_issuing: 'issuing', retire: 'retired' },
    retired: {},
  },
  'created',
);
export type GenerationEvent = EventOf<typeof generation>;

/** Whether verifiers (brokers, doors, devices for a root) trust what a generation in this state issued. */
export const isTrusted = (state: GenerationState): boolean =>
  state === 'distributed' || state === 'issuing' || state === 'retiring';
