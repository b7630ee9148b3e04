import type { Authority } from '@muster/contracts/trust/trust.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { Copyable } from '../../ui/copyable.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { Fold } from '../../ui/fold.js';
import { count, day } from '../../ui/format.js';
import { keyName } from '../../ui/key-name.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { fileName } from '../../ui/save-file.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { TextBlock } from '../../ui/text-block.js';
import { MayButton } from '../access/may-button.js';
import { CrlTable } from './crl-table.js';
import { GenerationRail } from './generation-rail.js';
import { RevokeManyDialog } from './revoke-many-dialog.js';
import classes from './trust.module.css';
import { authoritiesQuery } from './trust.queries.js';

/** Where its key is, by the store that has it. */
const keptIn: Readonly<Record<string, string>> = {
  file: 'in a sealed file',
  pkcs11: 'in a PKCS #11 token',
  vault: 'in Vault',
  kms: 'in a cloud KMS',
};

const kinds: readonly (readonly [Authority['kind'], title: string, what: string])[] = [
  ['root', 'Root', 'what devices trust; everything below hangs from it'],
  ['device', 'Device authority', 'signs the certificates of devices'],
  ['server', 'Server authority', 'signs the certificates of our own doors'],
  ['service', 'Service authority', 'signs the certificates of our own processes'],
  ['bootstrap', 'Bootstrap authority', 'signs claim certificates, which may enrol and nothing else'],
];

function Generation({ authority }: { readonly authority: Authority }) {
  const [revoking, setRevoking] = useState(false);
  return (
    <li className={classes.generation} aria-label={`Generation ${authority.generation}`}>
      <div className={classes.head}>
        <h3>Generation {authority.generation}</h3>
        <StatusBadge noun="generation" state={authority.state} form="pill" />
        <span className="quiet">
          since <RelativeTime at={authority.since} />
        </span>
        {authority.kind === 'device' && authority.liveCertificates > 0 ? (
          <MayButton
            className={classes.push}
            permission="trust:write"
            variant="default"
            size="compact-xs"
            aria-label={`Revoke all certificates of generation ${authority.generation}`}
            onClick={() => setRevoking(true)}
          >
            Revoke all…
          </MayButton>
        ) : null}
      </div>
      <GenerationRail state={authority.state} />
      <Facts
        wide
        facts={[
          ['Subject', authority.subject],
          ['Valid', `${day(authority.notBefore)} to ${day(authority.notAfter)}`],
          ['Key', `${keyName(authority.keyAlgorithm)}, kept ${keptIn[authority.signer] ?? `by ${authority.signer}`}`],
          ['Fingerprint', <Copyable key="fp" text={authority.fingerprint} label="fingerprint" head={20} />],
          authority.kind === 'device' && [
            'Live certificates',
            <Link
              key="live"
              to="/trust"
              search={{ tab: 'certificates', authorityId: authority.id }}
              className="link num"
            >
              {count(authority.liveCertificates)}
            </Link>,
          ],
          authority.kind === 'device' && ['Revoked', <span key="r">{count(authority.revokedCertificates)}</span>],
        ]}
      />
      <CrlTable crls={authority.crls} />
      <Fold title="Certificate (PEM)">
        <TextBlock
          text={authority.pem}
          label="Certificate"
          file={fileName(`${authority.kind}-generation-${authority.generation}`, 'pem')}
        />
      </Fold>
      {revoking ? <RevokeManyDialog authority={authority} onClose={() => setRevoking(false)} /> : null}
    </li>
  );
}

/** Every authority with its generations: how far each has come, what hangs from it and how fresh its lists are. */
export function AuthoritiesPanel() {
  const authorities = useQuery(authoritiesQuery);
  return (
    <Answer query={authorities} lines={10}>
      {({ items }) =>
        items.length === 0 ? (
          <Panel>
            <EmptyState title="No authority yet">The first start of an installation makes them.</EmptyState>
          </Panel>
        ) : (
          <div className={layout.stack}>
            {kinds.map(([kind, title, what]) => {
              const generations = items.filter((one) => one.kind === kind).sort((a, b) => b.generation - a.generation);
              return generations.length === 0 ? null : (
                <Panel key={kind} title={title} aside={what} bare>
                  <ul>
                    {generations.map((authority) => (
                      <Generation key={authority.id} authority={authority} />
                    ))}
                  </ul>
                </Panel>
              );
            })}
          </div>
        )
      }
    </Answer>
  );
}
