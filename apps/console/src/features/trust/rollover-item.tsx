import type { Rollover, TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { type ReactNode, useState } from 'react';
import { count, many, percent } from '../../ui/format.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { GenerationRail } from './generation-rail.js';
import { ProposeDialog } from './propose-dialog.js';
import { Stragglers } from './stragglers.js';
import classes from './trust.module.css';

/** Percent of devices asked to renew under the new generation, step by step. */
const shares = [1, 10, 50, 100] as const;

interface Step {
  readonly change: TrustChangeInput;
  readonly label: string;
  readonly text: ReactNode;
  readonly whyNot?: string | undefined;
}

const stepsOf = (rollover: Rollover): Step[] => {
  const { id: rolloverId, gate, share, nextSteps } = rollover;
  const may = (kind: string) => nextSteps.includes(kind);
  const closed = gate.open ? undefined : 'Too few devices have acknowledged the bundle';
  return [
    ...(may('distribute')
      ? [
          {
            change: { kind: 'distribute', rolloverId } as const,
            label: 'Tell devices…',
            text: <p>Brokers and devices are told to trust both generations. Nothing is issued by the new one yet.</p>,
          },
        ]
      : []),
    ...(may('switch_issuing')
      ? shares
          .filter((next) => next > share)
          .map((next) => ({
            change: { kind: 'switch_issuing', rolloverId, share: next } as const,
            label: `Renew ${next}%…`,
            whyNot: closed,
            text: (
              <p>
                New certificates come from the new generation, and {next}% of the devices are asked to renew now (
                {share}% were asked so far).
              </p>
            ),
          }))
      : []),
    ...(may('retire')
      ? [
          {
            change: { kind: 'retire', rolloverId } as const,
            label: 'Retire the old one…',
            text: (
              <p>
                Nobody trusts the old generation afterwards.{' '}
                <strong>{many(rollover.certificatesOnOld, 'certificate')}</strong> still hang from it and would end.
                This cannot be taken back.
              </p>
            ),
          },
        ]
      : []),
    ...(may('roll_back')
      ? [
          {
            change: { kind: 'roll_back', rolloverId } as const,
            label: 'Take it back…',
            text: (
              <p>
                The old generation issues again. {many(rollover.certificatesOnNew, 'certificate')} of the new one stay
                trusted until they are renewed.
              </p>
            ),
          },
        ]
      : []),
  ];
};

function Gate({ rollover }: { readonly rollover: Rollover }) {
  const { gate } = rollover;
  const share = gate.seen === 0 ? 0 : gate.acknowledged / gate.seen;
  const sentence = `${count(gate.acknowledged)} of ${many(gate.seen, 'device')} seen lately took bundle ${rollover.bundle}; ${percent(gate.needed)} are needed`;
  return (
    <div className={classes.gate}>
      <div className={classes.gateBar} data-open={gate.open || undefined} role="img" aria-label={sentence}>
        <i style={{ width: `${share * 100}%` }} />
        <b style={{ left: `calc(${Math.min(1, gate.needed) * 100}% - 2px)` }} />
      </div>
      <p>
        {sentence}: the gate is <b>{gate.open ? 'open' : 'closed'}</b>.
      </p>
      {gate.acknowledged < gate.seen ? <Stragglers number={rollover.bundle} /> : null}
    </div>
  );
}

/** One rollover: both generations on their way, the gate between, where certificates hang, and the steps that come next. */
export function RolloverItem({ rollover }: { readonly rollover: Rollover }) {
  const [asked, setAsked] = useState<Step | null>(null);
  const { from, to, certificatesOnOld, certificatesOnNew } = rollover;
  const total = certificatesOnOld + certificatesOnNew;
  const title = rollover.kind === 'root' ? 'Root' : 'Device authority';
  return (
    <li className={classes.generation} aria-label={`${title}, generation ${from.generation} to ${to.generation}`}>
      <div className={classes.head}>
        <h3>
          {title}: generation {from.generation} → {to.generation}
        </h3>
        <StatusBadge noun="rollover" state={rollover.state} form="pill" />
        <span className="quiet">
          begun by {rollover.createdBy} <RelativeTime at={rollover.createdAt} />
        </span>
      </div>
      {rollover.state === 'open' && rollover.waitsFor ? (
        <p className={classes.waits} role="status">
          {rollover.waitsFor}
        </p>
      ) : rollover.reasonDetail ? (
        <p className="soft">{rollover.reasonDetail}</p>
      ) : null}
      <div className={classes.sides}>
        <div className={classes.side}>
          <b>Old, generation {from.generation}</b>
          <GenerationRail state={from.state} />
        </div>
        <div className={classes.side}>
          <b>New, generation {to.generation}</b>
          <GenerationRail state={to.state} />
        </div>
      </div>
      {total > 0 ? (
        <PartitionBar
          unit="live certificates"
          total={total}
          parts={[
            { key: 'new', label: 'On the new', count: certificatesOnNew, tone: 'good', always: true },
            { key: 'old', label: 'On the old', count: certificatesOnOld, tone: 'plain', always: true },
          ]}
        />
      ) : null}
      {rollover.state === 'open' ? (
        <>
          {rollover.bundle > 0 ? <Gate rollover={rollover} /> : null}
          <div className={classes.steps}>
            {stepsOf(rollover).map((step) => (
              <MayButton
                key={step.label}
                permission="trust:write"
                variant="default"
                whyNot={step.whyNot}
                onClick={() => setAsked(step)}
              >
                {step.label}
              </MayButton>
            ))}
          </div>
        </>
      ) : null}
      {asked ? (
        <ProposeDialog change={asked.change} onClose={() => setAsked(null)}>
          {asked.text}
        </ProposeDialog>
      ) : null}
    </li>
  );
}
