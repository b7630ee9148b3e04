import type { Certificate } from '@muster/contracts/certificates/certificates.schema';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Fold } from '../../ui/fold.js';
import { moment, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { fileName } from '../../ui/save-file.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { TextBlock } from '../../ui/text-block.js';
import { MayButton } from '../access/may-button.js';
import { CertificateFacts } from './certificate-facts.js';
import { CertificateLife } from './certificate-life.js';
import classes from './certificates.module.css';
import { certificatesQuery } from './devices.queries.js';
import { RenewDialog } from './renew-dialog.js';
import { RevokeDialog } from './revoke-dialog.js';
import { SightingsPanel } from './sightings.panel.js';

const live = ['issued', 'active', 'superseded', 'on_hold'];

interface OneCertificate {
  readonly certificate: Certificate;
  readonly device: Device;
}

function Pem({ certificate, device }: OneCertificate) {
  return (
    <Fold title="Certificate (PEM)">
      <TextBlock
        text={certificate.pem}
        label="Certificate"
        file={fileName(`${device.name}-${certificate.serial.slice(0, 8)}`, 'pem')}
      />
    </Fold>
  );
}

function Current({ certificate, device }: OneCertificate) {
  const [asking, setAsking] = useState<'revoke' | 'renew' | null>(null);
  const close = () => setAsking(null);
  return (
    <Panel
      title="Current certificate"
      actions={
        <>
          <MayButton
            permission="certificate:revoke"
            variant="default"
            whyNot={certificate.state === 'active' ? undefined : 'Only a certificate in use is renewed'}
            onClick={() => setAsking('renew')}
          >
            Ask for renewal…
          </MayButton>
          <MayButton permission="certificate:revoke" variant="default" onClick={() => setAsking('revoke')}>
            Revoke…
          </MayButton>
        </>
      }
    >
      <div className={layout.stack}>
        <div className={classes.head}>
          <StatusBadge noun="certificate" state={certificate.state} form="pill" />
          <span className="soft">{certificate.reasonDetail}</span>
        </div>
        <CertificateLife certificate={certificate} />
        <CertificateFacts certificate={certificate} />
        <Pem certificate={certificate} device={device} />
      </div>
      {asking === 'revoke' ? <RevokeDialog certificate={certificate} onClose={close} /> : null}
      {asking === 'renew' ? <RenewDialog certificate={certificate} onClose={close} /> : null}
    </Panel>
  );
}

function Past({ certificate, device }: OneCertificate) {
  const [revoking, setRevoking] = useState(false);
  return (
    <li className={classes.item}>
      <Fold
        title={`${moment(certificate.notBefore)} to ${moment(certificate.notAfter)}`}
        said={
          <span className={classes.said}>
            <StatusBadge noun="certificate" state={certificate.state} />
            <span>
              by {words(certificate.source).toLowerCase()}, generation {certificate.generation}
            </span>
          </span>
        }
      >
        <div className={layout.stack}>
          {certificate.reasonDetail ? <p className="soft">{certificate.reasonDetail}</p> : null}
          <CertificateFacts certificate={certificate} />
          <Pem certificate={certificate} device={device} />
          {live.includes(certificate.state) ? (
            <div className={layout.buttons}>
              <MayButton permission="certificate:revoke" variant="default" onClick={() => setRevoking(true)}>
                Revoke…
              </MayButton>
            </div>
          ) : null}
        </div>
      </Fold>
      {revoking ? <RevokeDialog certificate={certificate} onClose={() => setRevoking(false)} /> : null}
    </li>
  );
}

/** The device's current certificate with its life, those before it, and where the identity was used. */
export function CertificatesPanel({ device }: { readonly device: Device }) {
  const certificates = useQuery(certificatesQuery(device.id));
  return (
    <div className={layout.stack}>
      <Answer query={certificates} lines={10}>
        {({ items }) => {
          const current =
            items.find(({ state }) => state === 'active') ??
            items.find(({ state }) => state === 'issued') ??
            items.find(({ state }) => state === 'on_hold');
          const others = items.filter((one) => one !== current);
          return (
            <>
              {current ? (
                <Current certificate={current} device={device} />
              ) : (
                <Panel title="Current certificate" bare>
                  <EmptyState title={items.length === 0 ? 'No certificate yet' : 'No valid certificate'}>
                    {items.length === 0
                      ? 'The device gets one when it enrols.'
                      : 'It opens no session. To come back it must be let in to enrol once more: see Actions.'}
                  </EmptyState>
                </Panel>
              )}
              {others.length > 0 ? (
                <Panel title={current ? 'Before it' : 'Its certificates'} aside="newest first" bare>
                  <ul>
                    {others.map((certificate) => (
                      <Past key={certificate.id} certificate={certificate} device={device} />
                    ))}
                  </ul>
                </Panel>
              ) : null}
            </>
          );
        }}
      </Answer>
      <SightingsPanel device={device} />
    </div>
  );
}
