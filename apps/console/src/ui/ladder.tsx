import type { Explanation } from '@muster/contracts/devices/devices.schema';
import classes from './ladder.module.css';
import { lookOf } from './vocabulary.js';

/** The steps of an explanation from first to last, each with its verdict, its words and, where it holds things up, its code. */
export function Ladder({ steps }: { readonly steps: Explanation['steps'] }) {
  return (
    <ol className={classes.ladder}>
      {steps.map((step) => {
        const { icon: Icon } = lookOf('verdict', step.verdict);
        return (
          <li key={`${step.title} ${step.code}`} data-verdict={step.verdict}>
            <Icon size={16} stroke={2} aria-hidden />
            <span>
              {step.title}
              <span className="visually-hidden">: {step.verdict}</span>
            </span>
            <span className="soft">
              {step.detail}
              {step.verdict === 'fail' || step.verdict === 'waiting' ? (
                <code className={classes.code}>{step.code}</code>
              ) : null}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
