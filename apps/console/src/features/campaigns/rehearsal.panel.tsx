import { Button } from '@mantine/core';
import { rehearseCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { Rehearsal } from '@muster/contracts/campaigns/rehearsals.schema';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { call } from '../../api/call.js';
import { Facts } from '../../ui/facts.js';
import { count, duration, many, percent, words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { ExposureCurve } from './exposure-curve.js';
import classes from './rehearsal.module.css';

type Body = z.input<typeof NewCampaign>;

/** Failure rates people reckon with, in percent: finer where a defect is hard to see. */
const rates = [0, 0.1, 0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100] as const;

const spread = ({ p50, p90 }: Rehearsal['durationS'], say: (n: number) => string) => (
  <>
    <b>{say(p50)}</b> <span className="quiet">in nine of ten runs at most {say(p90)}</span>
  </>
);

function Power({ rows }: { readonly rows: Rehearsal['power'] }) {
  return (
    <table className={classes.power}>
      <caption>Chance to halt a release that fails on</caption>
      <thead>
        <tr>
          <th scope="col">Devices</th>
          <th scope="col">in the first wave</th>
          <th scope="col">in any wave</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.failureRate}>
            <th scope="row" className="num">
              {percent(row.failureRate)}
            </th>
            {[row.firstWave, row.anyWave].map((chance, index) => (
              <td key={index === 0 ? 'first' : 'any'} className="num">
                <span className={classes.chance} aria-hidden>
                  <i style={{ width: `${chance * 100}%` }} />
                </span>
                {percent(chance, 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Outcome({ rehearsal }: { readonly rehearsal: Rehearsal }) {
  return (
    <>
      <p className={classes.sentence} data-rehearsal>
        {rehearsal.sentence}
      </p>
      <Facts
        facts={[
          ['Takes', spread(rehearsal.durationS, (s) => duration(s * 1000))],
          [
            rehearsal.haltShare > 0 ? 'Exposed before a halt' : 'Devices updated',
            spread(rehearsal.exposed, (n) => count(n)),
          ],
          [
            'Ends',
            rehearsal.ends
              .map(({ state, runs }) => `${words(state).toLowerCase()} in ${count(runs)} of ${count(rehearsal.runs)}`)
              .join(', '),
          ],
        ]}
      />
      <ExposureCurve rehearsal={rehearsal} />
      {rehearsal.power.length > 0 ? <Power rows={rehearsal.power} /> : null}
      <p className="quiet">
        {many(rehearsal.runs, 'run')} in {duration(rehearsal.tookMs).replace(/^0 s$/, 'under a second')};{' '}
        {count(rehearsal.withHistory)} of {many(rehearsal.targets, 'target')} by their own presence history, the rest
        like them.
      </p>
    </>
  );
}

/** Where on the page it is. */
export const REHEARSAL = 'rehearsal';

/** The campaign played in virtual time before anything is sent: how long, how many exposed, and what the gate would see. */
export function RehearsalPanel({ body }: { readonly body: Body | null }) {
  const [step, setStep] = useState(3);
  const rate = rates[step]!;
  const [played, setPlayed] = useState<{ readonly body: Body; readonly rate: number } | null>(null);
  const play = useMutation({
    mutationFn: (asked: { body: Body; rate: number }) =>
      call(rehearseCampaign, { body: { campaign: asked.body, failureRate: asked.rate / 100 } }),
    onMutate: setPlayed,
  });
  const stale = play.data !== undefined && (played?.body !== body || played?.rate !== rate);
  return (
    <Panel title="Rehearse" aside="in virtual time; nothing is sent">
      <div className={classes.ask} id={REHEARSAL}>
        <label className={classes.slider}>
          <span>
            The release fails on <b className="num">{rate}%</b> of devices
          </span>
          <input
            type="range"
            min={0}
            max={rates.length - 1}
            step={1}
            value={step}
            aria-label="Failure rate"
            aria-valuetext={`${rate}%`}
            onChange={(event) => setStep(Number(event.currentTarget.value))}
          />
        </label>
        <Button
          variant="default"
          disabled={body === null}
          loading={play.isPending}
          onClick={() => body && play.mutate({ body, rate })}
        >
          Rehearse
        </Button>
      </div>
      {play.isError ? <ProblemNotice error={play.error} /> : null}
      {stale && !play.isPending ? (
        <p className={classes.stale} role="status">
          {played?.body === body ? 'This was played with another failure rate.' : 'The plan has changed since.'}{' '}
          Rehearse again.
        </p>
      ) : null}
      {play.data ? (
        <div className={classes.outcome} data-stale={stale || undefined}>
          <Outcome rehearsal={play.data} />
        </div>
      ) : null}
    </Panel>
  );
}
