import type { ReactNode } from 'react';
import classes from './facts.module.css';

interface FactsProps {
  readonly facts: readonly (readonly [label: string, value: ReactNode] | null | false)[];
  /** Labels above their values, side by side: for wide panels. */
  readonly wide?: boolean;
}

/** Labels and values, as a description list. */
export function Facts({ facts, wide = false }: FactsProps) {
  return (
    <dl className={wide ? classes.wide : classes.list}>
      {facts.map((fact) =>
        fact ? (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
