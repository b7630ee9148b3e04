import type { GenerationState } from '@muster/contracts/trust/trust.schema';
import { words } from '../../ui/format.js';
import classes from './trust.module.css';

const order: readonly GenerationState[] = ['created', 'distributed', 'issuing', 'retiring', 'retired'];

/** How far a generation has come on its one way. */
export function GenerationRail({ state }: { readonly state: GenerationState }) {
  const at = order.indexOf(state);
  return (
    <ol className={classes.rail} aria-label="States of a generation">
      {order.map((step, index) => (
        <li
          key={step}
          data-at={index < at ? 'past' : index === at ? 'now' : 'to-come'}
          aria-current={index === at ? 'step' : undefined}
        >
          <i aria-hidden />
          {words(step)}
        </li>
      ))}
    </ol>
  );
}
