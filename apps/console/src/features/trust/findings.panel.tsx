import type { TrustFinding } from '@muster/contracts/trust/trust.schema';
import { IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { count } from '../../ui/format.js';
import type { Tone } from '../../ui/look.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './trust.module.css';
import { findingsQuery } from './trust.queries.js';

type Place = { readonly to: string; readonly search: Record<string, string> };

const grave: Readonly<Record<TrustFinding['kind'], Tone>> = {
  clone_suspected: 'bad',
  certificate_expired: 'bad',
  renewal_overdue: 'bad',
  crl_past_half: 'warn',
  authority_expiring: 'warn',
  certificate_expiring: 'warn',
  enrollment_failures: 'warn',
  approvals_waiting: 'warn',
};

/** Where somebody can act on it. */
const placeOf = ({ kind, subject }: TrustFinding): Place => {
  const [noun, id] = subject.split(/:(.*)/);
  if (noun === 'device' && id) return { to: `/devices/${id}`, search: { tab: 'certificates' } };
  switch (kind) {
    case 'certificate_expiring':
      return { to: '/trust', search: { tab: 'certificates', within: '30' } };
    case 'certificate_expired':
      return { to: '/trust', search: { tab: 'certificates', state: 'expired' } };
    case 'renewal_overdue':
      return { to: '/trust', search: { tab: 'certificates', renewal: 'overdue' } };
    case 'authority_expiring':
      return { to: '/trust', search: { tab: 'rollover' } };
    case 'enrollment_failures':
      return { to: '/enrolment', search: { tab: 'tokens' } };
    case 'approvals_waiting':
      return { to: '/enrolment', search: { tab: 'approvals' } };
    default:
      return { to: '/trust', search: { tab: 'authorities' } };
  }
};

const worstFirst = (a: TrustFinding, b: TrustFinding) =>
  Number(grave[b.kind] === 'bad') - Number(grave[a.kind] === 'bad') || Date.parse(a.since) - Date.parse(b.since);

/** What needs somebody, worst first, each with the place to act. */
export function FindingsPanel() {
  const findings = useQuery(findingsQuery);
  const n = findings.data?.items.length ?? 0;
  return (
    <Panel title="Needs somebody" aside={n > 0 ? count(n) : undefined} bare>
      <Answer query={findings}>
        {({ items }) =>
          items.length === 0 ? (
            <p className={classes.calm}>Nothing. Certificates renew in time and every list is fresh.</p>
          ) : (
            <ul className={classes.findings}>
              {[...items].sort(worstFirst).map((finding) => {
                const { to, search } = placeOf(finding);
                return (
                  <li key={`${finding.kind} ${finding.subject}`}>
                    <Link to={to} search={search as never} className={classes.finding}>
                      <i data-tone={grave[finding.kind]} aria-hidden />
                      <span>
                        {finding.sentence}{' '}
                        <span className="quiet">
                          since <RelativeTime at={finding.since} />
                        </span>
                      </span>
                      <IconChevronRight size={15} aria-hidden />
                    </Link>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
