import { count } from './format.js';
import type { Tone } from './look.js';
import classes from './partition-bar.module.css';

export interface Part {
  readonly key: string;
  readonly label: string;
  readonly count: number;
  readonly tone: Tone;
  /** Named in the legend even when it is empty: an absence worth saying. */
  readonly always?: boolean;
  readonly onSelect?: () => void;
}

interface PartitionBarProps {
  readonly parts: readonly Part[];
  readonly total: number;
  /** What the total counts: "targets", "devices". */
  readonly unit: string;
  /** Thin, without the legend: for list rows. */
  readonly slim?: boolean;
}

/** "devices of wave 2" → "device of wave 2" where there is one. */
const counted = (total: number, unit: string): string => (total === 1 ? unit.replace(/^(\w+?)s\b/, '$1') : unit);

/** A whole and its parts. The legend ends with the sum, and says so if the parts do not make up the whole. */
export function PartitionBar({ parts, total, unit, slim = false }: PartitionBarProps) {
  const sum = parts.reduce((n, part) => n + part.count, 0);
  const shown = parts.filter((part) => part.count > 0);
  const legend = parts.filter((part) => part.count > 0 || part.always);
  const sentence = `${shown.map((part) => `${count(part.count)} ${part.label.toLowerCase()}`).join(', ')} of ${count(total)} ${counted(total, unit)}`;
  return (
    <div className={classes.whole} data-slim={slim || undefined}>
      <div className={classes.bar} role="img" aria-label={sentence}>
        {shown.map((part) => (
          <span
            key={part.key}
            className={classes.part}
            data-tone={part.tone}
            style={{ flexGrow: part.count }}
            title={`${part.label}: ${count(part.count)}`}
          />
        ))}
      </div>
      {slim ? null : (
        <ul className={classes.legend}>
          {legend.map((part) => (
            <li key={part.key} data-zero={part.count === 0 || undefined}>
              <i className={classes.swatch} data-tone={part.tone} />
              {part.onSelect && part.count > 0 ? (
                <button type="button" className={classes.name} onClick={part.onSelect}>
                  <b className="num">{count(part.count)}</b> {part.label.toLowerCase()}
                </button>
              ) : (
                <span>
                  <b className="num">{count(part.count)}</b> {part.label.toLowerCase()}
                </span>
              )}
            </li>
          ))}
          <li className={classes.sum} data-wrong={sum !== total || undefined}>
            {sum === total ? '=' : `≠ ${count(sum)} counted,`} <b className="num">{count(total)}</b>{' '}
            {counted(total, unit)}
          </li>
        </ul>
      )}
    </div>
  );
}
