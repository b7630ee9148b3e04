import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Tone } from './look.js';
import classes from './stat.module.css';

interface StatProps {
  readonly label: string;
  readonly value: string;
  /** The denominator and what it means: "of 200", "of 200 devices". */
  readonly of?: string;
  readonly note?: ReactNode;
  readonly tone?: Tone;
  readonly to?: string;
  readonly search?: Record<string, unknown>;
}

/** One number with its denominator; the whole of it links to the list behind it. */
export function Stat({ label, value, of, note, tone = 'plain', to, search }: StatProps) {
  const inner = (
    <>
      <span className={classes.label}>{label}</span>
      <span className={classes.value} data-tone={tone}>
        <b className="num">{value}</b> {of ? <small className="num">{of}</small> : null}
      </span>
      {note ? <span className={classes.note}>{note}</span> : null}
    </>
  );
  return to ? (
    <Link to={to} search={(search ?? {}) as never} className={classes.stat}>
      {inner}
    </Link>
  ) : (
    <div className={classes.stat}>{inner}</div>
  );
}

export function StatRow({ children }: { readonly children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}
