import { Button, Modal } from '@mantine/core';
import { proveManufacturer, renewManufacturerChallenge } from '@muster/contracts/enrollment/manufacturers.routes';
import type { Manufacturer } from '@muster/contracts/enrollment/manufacturers.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { Copyable } from '../../ui/copyable.js';
import { fieldFault } from '../../ui/field-faults.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import classes from './enrollment.module.css';

// With an extension in it, since openssl makes a certificate of version 1 of a request that has none.
const requestCommand = (challenge: string) =>
  `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout proof.key -subj "/CN=${challenge}" -addext basicConstraints=critical,CA:FALSE -out proof.csr`;
const signCommand =
  'openssl x509 -req -in proof.csr -CA ca.pem -CAkey ca.key -set_serial 1 -days 1 -copy_extensions copy -out proof.pem';

interface ProveDialogProps {
  readonly manufacturer: Manufacturer;
  readonly onClose: () => void;
}

/** Proof that whoever registered a CA holds its key: a certificate it signs over our challenge. */
export function ProveDialog({ manufacturer, onClose }: ProveDialogProps) {
  const now = useNow();
  const [at, setAt] = useState(manufacturer);
  const [proof, setProof] = useState('');
  const stale = [['manufacturers']];
  const params = { manufacturerId: manufacturer.id };
  const prove = useAction(proveManufacturer, { stale, onDone: onClose });
  const renew = useAction(renewManufacturerChallenge, { stale, onDone: setAt });
  const { challenge, challengeExpiresAt } = at;
  const over = challenge === null || (challengeExpiresAt !== null && Date.parse(challengeExpiresAt) <= now);
  return (
    <Modal opened onClose={onClose} title={`Prove ${manufacturer.name}`} size={720}>
      <form
        className={`${layout.form} ${classes.challenge}`}
        onSubmit={(event) => {
          event.preventDefault();
          prove.mutate({ params, body: { certificate: proof.trim() } });
        }}
      >
        <p className="soft">
          Have the CA sign a certificate whose common name is this challenge. It proves that its key is at hand; the
          CA’s key itself never comes here.
        </p>
        {over ? (
          <p className={classes.once}>
            The challenge has ended.{' '}
            <Button
              size="compact-xs"
              variant="default"
              loading={renew.isPending}
              onClick={() => renew.mutate({ params })}
            >
              Get a new one
            </Button>
          </p>
        ) : (
          <p>
            Challenge <Copyable text={challenge} label="challenge" />{' '}
            <span className="quiet">
              ends <RelativeTime at={challengeExpiresAt} />
            </span>
          </p>
        )}
        {over ? null : (
          <ol>
            <li>
              <p>Make a request for it, anywhere:</p>
              <CopyCommand command={requestCommand(challenge)} label="Make the request" />
            </li>
            <li>
              <p>Sign it where the CA’s key is:</p>
              <CopyCommand command={signCommand} label="Sign the request" />
            </li>
            <li>
              <TextOrFile
                label="proof.pem"
                placeholder="-----BEGIN CERTIFICATE-----"
                accept=".pem,.crt,.cer"
                max={16 * 1024}
                rows={4}
                value={proof}
                onChange={setProof}
                error={fieldFault(prove.error, 'certificate')}
              />
            </li>
          </ol>
        )}
        {prove.isError ? <ProblemNotice error={prove.error} /> : null}
        {renew.isError ? <ProblemNotice error={renew.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Later
          </Button>
          <Button type="submit" loading={prove.isPending} disabled={over || proof.trim() === ''}>
            Prove
          </Button>
        </div>
      </form>
    </Modal>
  );
}
