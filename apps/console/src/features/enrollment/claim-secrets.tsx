import { Button, Checkbox } from '@mantine/core';
import type { CreatedClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { Copyable } from '../../ui/copyable.js';
import { Facts } from '../../ui/facts.js';
import { layout } from '../../ui/layout.js';
import { fileName, fromBase64, saveFile } from '../../ui/save-file.js';
import { TextBlock } from '../../ui/text-block.js';
import classes from './enrollment.module.css';

/** What the factory needs of a new batch. The key is not kept, so closing asks whether somebody has it. */
export function ClaimSecrets({ batch, onClose }: { readonly batch: CreatedClaimBatch; readonly onClose: () => void }) {
  const [kept, setKept] = useState(batch.key === null);
  const { pkcs12 } = batch;
  const chain = [batch.certificate, ...batch.chain].map((pem) => pem.trim()).join('\n');
  return (
    <div className={layout.form}>
      {batch.key === null ? (
        <p className="soft">The certificate for your key. It may enrol devices and nothing else.</p>
      ) : (
        <p className={classes.once}>
          <b>The key is shown only now and is not kept.</b> Whoever has it can enrol{' '}
          {batch.unlisted === 'refuse' ? 'the listed devices' : 'devices of this batch'} until the quota is used up.
        </p>
      )}
      {batch.key ? <TextBlock text={batch.key} label="Private key" file={fileName(batch.name, 'key.pem')} /> : null}
      <TextBlock text={chain} label="Certificate and chain" file={fileName(batch.name, 'chain.pem')} />
      <Facts
        facts={[
          [
            'SHA-256 of the root',
            <Copyable key="root" text={batch.rootSha256} label="SHA-256 of the root" head={32} />,
          ],
          ['Certificate', <Copyable key="fp" text={batch.fingerprint} label="fingerprint" head={32} />],
        ]}
      />
      {batch.key ? (
        <Checkbox
          label="The key is where I need it"
          checked={kept}
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
      ) : null}
      <div className={layout.buttons}>
        {pkcs12 ? (
          <Button
            variant="default"
            leftSection={<IconDownload size={14} />}
            onClick={() => saveFile(fileName(batch.name, 'p12'), fromBase64(pkcs12), 'application/x-pkcs12')}
          >
            Download as PKCS #12
          </Button>
        ) : null}
        <Button disabled={!kept} onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
