import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { bytes, count, many, percent } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { selectorText } from '../../ui/selector-text.js';
import type { CampaignForm } from './campaign-form.js';
import { exclusionWords } from './exclusion-words.js';
import { selectorOf } from './plan-of-form.js';
import classes from './wizard.module.css';

type Preview = z.infer<typeof CampaignPreview>;

interface PreflightPanelProps {
  readonly form: CampaignForm;
  readonly preview: UseQueryResult<Preview, Error>;
  readonly children: ReactNode;
}

/** Whom a selector means: how many match, how many are eligible, and why the others are not. */
export function WhoPanel({ preview, selector }: { readonly preview: Preview; readonly selector: Selector }) {
  const excluded = preview.exclusions.reduce((n, one) => n + one.count, 0);
  return (
    <Panel title="Who is meant">
      <p className={`${classes.selector} soft`}>{selectorText(selector)}</p>
      <PartitionBar
        unit="matched"
        total={preview.matched}
        parts={[
          { key: 'eligible', label: 'Eligible', count: preview.eligible, tone: 'active' },
          { key: 'excluded', label: 'Excluded', count: excluded, tone: 'warn' },
        ]}
      />
      {preview.exclusions.map((one) => (
        <details key={one.reasonCode} className={classes.exclusion}>
          <summary>
            <b className="num">{count(one.count)}</b> {exclusionWords(one.reasonCode)}
          </summary>
          <ul className={classes.sample}>
            {one.sample.slice(0, 5).map((device) => (
              <li key={device.deviceId}>
                {device.deviceName} <span className="quiet">{device.reasonDetail}</span>
              </li>
            ))}
            {one.count > Math.min(5, one.sample.length) ? (
              <li className="quiet">and {count(one.count - Math.min(5, one.sample.length))} more</li>
            ) : null}
          </ul>
        </details>
      ))}
      {preview.offline > 0 ? (
        <p className="quiet">{many(preview.offline, 'eligible device')} offline now; offered when they return.</p>
      ) : null}
      {preview.bytes > 0 ? (
        <p className="quiet">{bytes(preview.bytes)} to hand out if every one takes the full artifact.</p>
      ) : null}
      {preview.previousVersions.length > 0 ? (
        <p className="quiet">
          Now on {preview.previousVersions.map((one) => `${one.version ?? 'unknown'} (${count(one.count)})`).join(', ')}
          . Each would return to its own.
        </p>
      ) : null}
    </Panel>
  );
}

/** A first wave that differs from the fleet by less than this, or by less than one device, is like the fleet. */
const SKEW = 0.1;

function Mix({ preview }: { readonly preview: Preview }) {
  const skewed = (preview.firstWaveMix ?? []).filter(({ share, shareOfTargets }) => {
    const off = Math.abs(share - shareOfTargets);
    return off >= SKEW && off * (preview.waves[0]?.size ?? 0) >= 1;
  });
  if (skewed.length === 0) return null;
  return (
    <p className={classes.proof}>
      <b>The first wave is not like the rest.</b>{' '}
      <span className="soft">
        {skewed
          .slice(0, 3)
          .map(
            ({ attribute, value, share, shareOfTargets }) =>
              `${attribute} ${value ?? 'unknown'} is ${percent(share, 0)} of it and ${percent(shareOfTargets, 0)} of all`,
          )
          .join('; ')}
        .
      </span>
    </p>
  );
}

/** What each wave can show at best, and where the first is unlike the rest. */
export function ProofsPanel({ preview }: { readonly preview: Preview }) {
  return (
    <Panel title="What each wave can prove">
      {preview.waves.map((wave) => (
        <p key={wave.n} className={classes.proof}>
          <b>Wave {wave.n}</b> <span className="num">{many(wave.size, 'device')}</span>
          {wave.minSample < wave.size ? <span className="quiet">, judged from {count(wave.minSample)} on</span> : null}
          <br />
          <span className="soft">{wave.canProve}</span>
        </p>
      ))}
      <Mix preview={preview} />
    </Panel>
  );
}

/** What would stop the launch, and what only ought to be known. */
export function Problems({ preview }: { readonly preview: Preview }) {
  const { problems, supersedes } = preview;
  if (problems.length === 0 && !supersedes) return null;
  return (
    <div className={classes.faults}>
      {problems.map(({ code, detail, severity }) => (
        <p key={`${code}${detail}`} className={classes.fault} data-severity={severity ?? 'refusal'}>
          {severity === 'warning' ? null : <b>It would be refused. </b>}
          {detail} <code>{code}</code>
        </p>
      ))}
      {supersedes ? (
        <p className={classes.fault} data-severity="warning">
          Takes the place of <b>{supersedes.name}</b>: {many(supersedes.givenUp, 'device')} it has not reached are given
          up by it, {count(supersedes.finishing)} in flight finish.
        </p>
      ) : null}
    </div>
  );
}

/** What a launch would do, kept current beside the form: who, in which waves, and what they can show. */
export function PreflightPanel({ form, preview, children }: PreflightPanelProps) {
  return (
    <aside className={classes.preflight} aria-label="Preflight" aria-live="polite">
      {preview.isError ? <ProblemNotice error={preview.error} /> : null}
      {preview.data ? <Problems preview={preview.data} /> : null}
      {preview.data ? (
        <>
          <WhoPanel preview={preview.data} selector={selectorOf(form)} />
          <ProofsPanel preview={preview.data} />
        </>
      ) : preview.isError ? null : (
        <Panel title="Preflight">
          <p className="soft">Choose what to bring, and this column says whom it would reach, wave by wave.</p>
        </Panel>
      )}
      {children}
    </aside>
  );
}
