import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { clock, many, moment, words } from '../../ui/format.js';
import { Ladder } from '../../ui/ladder.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { lookOf } from '../../ui/vocabulary.js';
import classes from './campaigns.module.css';
import { campaignExplanationQuery } from './campaigns.queries.js';

const shown = (since: string) => (Date.now() - Date.parse(since) < 12 * 3_600_000 ? clock(since) : moment(since));

function Steps({ campaignId }: { readonly campaignId: string }) {
  const explanation = useQuery(campaignExplanationQuery(campaignId));
  return (
    <div className={classes.steps}>
      <Answer query={explanation} lines={4}>
        {({ steps }) =>
          steps.length === 0 ? <p className="quiet">Nothing to go through yet.</p> : <Ladder steps={steps} />
        }
      </Answer>
    </div>
  );
}

/** Why the campaign stands where it stands, as one sentence with numbers. A halt is announced to screen readers. */
export function VerdictPanel({ campaign }: { readonly campaign: Campaign }) {
  const { tone, icon: Icon } = lookOf('campaign', campaign.state);
  const [open, setOpen] = useState(false);
  const { reasonDetail, sentence } = campaign;
  // Said once: most details are a part of the sentence.
  const detail = reasonDetail && !sentence.includes(reasonDetail.replace(/\.$/, '')) ? reasonDetail : null;
  return (
    <section
      className={classes.why}
      data-tone={tone}
      aria-label="Why"
      aria-live={campaign.state === 'halted' ? 'assertive' : 'polite'}
    >
      <Icon size={20} stroke={1.9} className={classes.whyIcon} aria-hidden />
      <p className={classes.verdict} data-sentence>
        {campaign.sentence}
      </p>
      <p className={classes.whyFine}>
        <span>
          {words(campaign.state)} since <time dateTime={campaign.since}>{shown(campaign.since)}</time> (
          <RelativeTime at={campaign.since} />)
        </span>
        {campaign.reasonCode && campaign.reasonCode !== campaign.state ? <code>{campaign.reasonCode}</code> : null}
        {detail ? <span>{detail}</span> : null}
        {campaign.counters.inFlight > 0 ? <span>{many(campaign.counters.inFlight, 'device')} in flight</span> : null}
        {campaign.childId ? (
          <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.childId }} className="link">
            Follow the rollback
          </Link>
        ) : null}
        <Link to="." search={(before: object) => ({ ...before, tab: 'decisions' }) as never} className="link">
          See the evidence
        </Link>
        <button type="button" className={classes.more} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide the steps' : 'Step by step'}
        </button>
      </p>
      {open ? <Steps campaignId={campaign.id} /> : null}
    </section>
  );
}
