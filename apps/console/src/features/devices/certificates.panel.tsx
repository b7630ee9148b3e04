import { Button, Select } from '@mantine/core';
import { revokeCertificate } from '@muster/contracts/certificates/certificates.routes';
import { type Certificate, revocationReasons } from '@muster/contracts/certificates/certificates.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { Copyable } from '../../ui/copyable.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { many, moment } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import classes from './devices.module.css';
import { certificatesQuery } from './devices.queries.js';

const DAY = 86_400_000;

function Life({ certificate }: { readonly certificate: Certificate }) {
  const now = useNow();
  const start = Date.parse(certificate.notBefore);
  const whole = Date.parse(certificate.notAfter) - start;
  const at = (instant: number) => `${Math.min(100, Math.max(0, ((instant - start) / whole) * 100))}%`;
  const left = Math.floor((Date.parse(certificate.notAfter) - now) / DAY);
  const text = left >= 0 ? `${many(left, 'day')} left` : 'expired';
  return (
    <div>
      <div className={classes.life} role="img" aria-label={`${text}; renewal from ${moment(certificate.renewFrom)}`}>
        <i className={classes.past} style={{ width: at(now) }} />
        <i
          className={classes.window}
          style={{
            left: at(Date.parse(certificate.renewFrom)),
            width: `calc(${at(Date.parse(certificate.renewBy))} - ${at(Date.parse(certificate.renewFrom))})`,
          }}
        />
      </div>
      <p className="quiet">
        {text}. It renews by itself between {moment(certificate.renewFrom)} and {moment(certificate.renewBy)}.
      </p>
    </div>
  );
}

function CertificateItem({ certificate }: { readonly certificate: Certificate }) {
  const may = useMay('certificate:revoke');
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState<(typeof revocationReasons)[number]>('unspecified');
  const revoke = useAction(revokeCertificate, {
    stale: [['device', certificate.deviceId]],
    onDone: () => setAsking(false),
  });
  const live = ['issued', 'active', 'superseded', 'on_hold'].includes(certificate.state);
  return (
    <li className={classes.certificate}>
      <div className={classes.certificateHead}>
        <StatusBadge noun="certificate" state={certificate.state} form="pill" />
        <span className="soft">{certificate.reasonDetail}</span>
        {live ? (
          <Button
            className={classes.pushRight}
            variant="default"
            disabled={!may}
            title={may ? undefined : 'Needs the permission certificate:revoke'}
            onClick={() => setAsking(true)}
          >
            Revoke…
          </Button>
        ) : null}
      </div>
      {certificate.state === 'active' || certificate.state === 'issued' ? <Life certificate={certificate} /> : null}
      <Facts
        wide
        facts={[
          ['Serial', <Copyable key="serial" text={certificate.serial} label="certificate serial" head={20} />],
          ['Fingerprint (SHA-256)', <Copyable key="fp" text={certificate.fingerprint} label="fingerprint" head={20} />],
          ['Key', certificate.keyAlgorithm],
          ['Issuer', certificate.issuer],
          ['Identity', <code key="uri">{certificate.uri}</code>],
          ['Valid', `${moment(certificate.notBefore)} to ${moment(certificate.notAfter)}`],
          ['First used', <RelativeTime key="used" at={certificate.activatedAt} />],
          certificate.revokedAt !== null && ['Revoked', <RelativeTime key="revoked" at={certificate.revokedAt} />],
          certificate.sessionCutAt !== null && [
            'Session cut',
            <RelativeTime key="cut" at={certificate.sessionCutAt} />,
          ],
          certificate.handshakeRefusedAt !== null && [
            'Refused at the door',
            <RelativeTime key="refused" at={certificate.handshakeRefusedAt} />,
          ],
        ]}
      />
      <ConfirmAction
        opened={asking}
        onClose={() => setAsking(false)}
        title="Revoke this certificate?"
        verb="Revoke"
        danger
        reason="optional"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={(comment) =>
          revoke.mutate({
            params: { certificateId: certificate.id },
            body: { reason: why, ...(comment ? { comment } : {}) },
          })
        }
      >
        <p>Its session ends within two seconds and every later connection with it is refused. This cannot be undone.</p>
        <Select
          label="Reason code (RFC 5280)"
          allowDeselect={false}
          data={[...revocationReasons]}
          value={why}
          onChange={(value) => setWhy(value as typeof why)}
        />
      </ConfirmAction>
    </li>
  );
}

/** The device's certificates, newest first, with the life of the current one. */
export function CertificatesPanel({ deviceId }: { readonly deviceId: string }) {
  const certificates = useQuery(certificatesQuery(deviceId));
  return (
    <Panel title="Certificates" aside="newest first" bare>
      <Answer query={certificates}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No certificate yet">The device gets one when it enrols.</EmptyState>
          ) : (
            <ul>
              {items.map((certificate) => (
                <CertificateItem key={certificate.id} certificate={certificate} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
