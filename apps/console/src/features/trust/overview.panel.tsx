import type { TrustOverview } from '@muster/contracts/trust/trust.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, latency, many, percent, shortCount } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { Stat, StatRow } from '../../ui/stat.js';
import { FindingsPanel } from './findings.panel.js';
import { overviewQuery } from './trust.queries.js';
import { WeekBars } from './week-bars.js';

function Numbers({ overview }: { readonly overview: TrustOverview }) {
  const of = `of ${shortCount(overview.liveCertificates)}`;
  const { bundle } = overview;
  const behind = bundle ? bundle.seen - bundle.acknowledged : 0;
  return (
    <StatRow>
      <Stat
        label="Live certificates"
        value={count(overview.liveCertificates)}
        note={`${many(overview.devices, 'device')} in all`}
        to="/trust"
        search={{ tab: 'certificates' }}
      />
      <Stat
        label="End within 30 days"
        value={count(overview.expiringIn30Days)}
        of={of}
        tone={overview.expiringIn30Days > 0 ? 'warn' : 'plain'}
        note={overview.expired > 0 ? `${count(overview.expired)} have ended already` : 'none has ended'}
        to="/trust"
        search={{ tab: 'certificates', within: '30' }}
      />
      <Stat
        label="Renewal overdue"
        value={count(overview.renewalOverdue)}
        of={of}
        tone={overview.renewalOverdue > 0 ? 'bad' : 'plain'}
        note="past two thirds of their life"
        to="/trust"
        search={{ tab: 'certificates', renewal: 'overdue' }}
      />
      <Stat
        label="Wait for approval"
        value={count(overview.pendingApprovals)}
        tone={overview.pendingApprovals > 0 ? 'warn' : 'plain'}
        note="compare six words"
        to="/enrolment"
        search={{ tab: 'approvals' }}
      />
      <Stat
        label="Enrolled in 24 hours"
        value={count(overview.enrollments24h)}
        note={overview.refusals24h > 0 ? `${many(overview.refusals24h, 'refusal')}` : 'none was refused'}
        tone="plain"
        to="/enrolment"
        search={{ tab: 'tokens' }}
      />
      <Stat
        label="Know the newest trust"
        value={bundle ? count(bundle.acknowledged) : '—'}
        {...(bundle ? { of: `of ${shortCount(bundle.seen)}` } : {})}
        tone={behind > 0 ? 'warn' : 'plain'}
        note={
          bundle
            ? bundle.seen > 0
              ? `${percent(bundle.acknowledged / bundle.seen)} took bundle ${bundle.number}`
              : `bundle ${bundle.number}, no device seen`
            : 'no bundle was made yet'
        }
        to="/trust"
        search={{ tab: 'rollover' }}
      />
    </StatRow>
  );
}

/** A time that a revocation took, or that it is not known yet; a device that was away has no session to cut. */
const took = (ms: number | null, none: string) =>
  ms === null ? <span className="quiet">{none}</span> : <span className="num">{latency(ms)}</span>;

function Revocations({ overview }: { readonly overview: TrustOverview }) {
  return (
    <Panel title="Last revocations" aside="and how long each took to be felt" bare>
      {overview.lastRevocations.length === 0 ? (
        <EmptyState title="Nothing was revoked">
          When a certificate is, the times at which its session was gone and its next connection refused stand here.
        </EmptyState>
      ) : (
        <DataTable
          caption="Last revocations"
          rows={overview.lastRevocations}
          rowKey={(row) => row.certificateId}
          columns={[
            {
              key: 'device',
              head: 'Device',
              cell: (row) => (
                <Link
                  to="/devices/$deviceId"
                  params={{ deviceId: row.deviceId }}
                  search={{ tab: 'certificates' }}
                  className="link"
                >
                  {row.deviceName}
                </Link>
              ),
            },
            { key: 'at', head: 'Revoked', cell: (row) => <RelativeTime at={row.revokedAt} /> },
            {
              key: 'cut',
              head: 'Session gone after',
              align: 'right',
              cell: (row) => took(row.sessionCutMs, 'no session'),
            },
            {
              key: 'refused',
              head: 'Refused after',
              align: 'right',
              cell: (row) => took(row.handshakeRefusedMs, 'not tried yet'),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function BundlePanel({ bundle }: { readonly bundle: NonNullable<TrustOverview['bundle']> }) {
  return (
    <Panel title="Trust bundle" aside={`number ${bundle.number}`}>
      <PartitionBar
        unit="devices seen in 30 days"
        total={bundle.seen}
        parts={[
          { key: 'has', label: 'Took it', count: bundle.acknowledged, tone: 'good', always: true },
          { key: 'not', label: 'Not yet', count: bundle.seen - bundle.acknowledged, tone: 'warn', always: true },
        ]}
      />
    </Panel>
  );
}

/** Certificates of the fleet in numbers, what needs somebody, and how certificates end week by week. */
export function OverviewPanel() {
  const overview = useQuery(overviewQuery);
  return (
    <div className={layout.stack}>
      <Answer query={overview} lines={10}>
        {(value) => (
          <>
            <Numbers overview={value} />
            <div className={layout.wideLeft}>
              <Panel title="Certificates by the week they end in" aside="and when their renewal begins">
                <WeekBars weeks={value.weeks} capacity={value.capacityPerWeek} />
              </Panel>
              <FindingsPanel />
            </div>
            <div className={layout.wideLeft}>
              <Revocations overview={value} />
              {value.bundle ? <BundlePanel bundle={value.bundle} /> : null}
            </div>
          </>
        )}
      </Answer>
    </div>
  );
}
