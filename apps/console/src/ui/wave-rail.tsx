import { IconCheck, IconExclamationMark, IconMinus } from '@tabler/icons-react';
import { count, duration, many } from './format.js';
import { useNow } from './now.js';
import { type Part, PartitionBar } from './partition-bar.js';
import { StatusBadge } from './status-badge.js';
import { lookOf } from './vocabulary.js';
import classes from './wave-rail.module.css';

export interface RailWave {
  readonly n: number;
  readonly state: string;
  readonly size: number;
  readonly cumulative?: number;
  /** How many of the wave's devices have an outcome, and how many of those a bad one or a return. */
  readonly resolved?: number;
  readonly bad?: number;
  readonly returned?: number;
  readonly parts?: readonly Part[];
  readonly label?: string;
  readonly soakUntil?: string | null;
  readonly note?: string;
}

interface WaveRailProps {
  readonly waves: readonly RailWave[];
  readonly selected?: number | undefined;
  readonly onSelect?: (n: number) => void;
}

function Soak({ until }: { readonly until: string }) {
  const left = Date.parse(until) - useNow();
  return <span className="num">{left > 0 ? `${duration(left)} of soak left` : 'soak over, judging'}</span>;
}

const marks = { passed: IconCheck, halted: IconExclamationMark, empty: IconMinus, skipped: IconMinus } as const;

function Mark({ wave }: { readonly wave: RailWave }) {
  const Icon = marks[wave.state as keyof typeof marks];
  return Icon ? <Icon size={14} stroke={2.6} aria-hidden /> : <span aria-hidden>{wave.n}</span>;
}

/** The waves of a campaign from first to last, each with its state, its size and how far it got. */
export function WaveRail({ waves, selected, onSelect }: WaveRailProps) {
  return (
    <ol className={classes.rail}>
      {waves.map((wave) => {
        const { tone } = lookOf('wave', wave.state);
        const inner = (
          <>
            <span className={classes.node} data-tone={tone}>
              <Mark wave={wave} />
            </span>
            <span className={classes.words}>
              <span className={classes.line}>
                <b>Wave {wave.n}</b>
                {wave.label ? <span className="quiet num">{wave.label}</span> : null}
                <span className={classes.state}>
                  <StatusBadge noun="wave" state={wave.state} />
                </span>
              </span>
              {wave.parts ? (
                <span className={classes.track}>
                  <PartitionBar parts={wave.parts} total={wave.size} unit={`devices of wave ${wave.n}`} slim />
                </span>
              ) : null}
              <span className={classes.fine}>
                <span className="num">
                  {wave.resolved === undefined
                    ? many(wave.size, 'device')
                    : `${count(wave.resolved)} of ${count(wave.size)} resolved`}
                </span>
                {wave.bad ? <span className={classes.badText}>{count(wave.bad)} failed</span> : null}
                {wave.returned ? <span>{count(wave.returned)} rolled back</span> : null}
                {wave.state === 'soaking' && wave.soakUntil ? <Soak until={wave.soakUntil} /> : null}
                {wave.note ? <span>{wave.note}</span> : null}
              </span>
            </span>
          </>
        );
        return (
          <li key={wave.n} className={classes.wave} aria-current={selected === wave.n || undefined}>
            {onSelect ? (
              <button type="button" className={classes.row} onClick={() => onSelect(wave.n)}>
                {inner}
              </button>
            ) : (
              <div className={classes.row}>{inner}</div>
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** The same rail as a row of small bars, for lists; wide where the wave is large (by square root, so that 1% is seen). */
export function MiniRail({ waves }: { readonly waves: readonly { n: number; state: string; size: number }[] }) {
  const text = waves.map((wave) => `wave ${wave.n} ${lookOf('wave', wave.state).word ?? wave.state}`).join(', ');
  return (
    <span className={classes.mini} role="img" aria-label={text} title={text}>
      {waves.map((wave) => (
        <i
          key={wave.n}
          data-tone={lookOf('wave', wave.state).tone}
          style={{ flexGrow: Math.max(1, Math.sqrt(wave.size)) }}
        />
      ))}
    </span>
  );
}
