import { Button, Modal } from '@mantine/core';
import { registerKeys } from '@muster/contracts/enrollment/bulk.routes';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { fieldFault } from '../../ui/field-faults.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import { columnOf, readBulk } from './bulk-text.js';
import classes from './enrollment.module.css';
import { RowReport } from './row-report.js';

/** Devices with the keys they were made with, from a CSV, with a report per row. */
export function BulkKeysDialog({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const register = useAction(registerKeys, { stale: [['registered-keys'], ['devices', 'list'], ['fleet']] });
  const bulk = readBulk(text);
  const n = bulk.kind === 'csv' ? bulk.rows : 0;
  const serials = columnOf(text, 'serial');
  return (
    <Modal opened onClose={onClose} title="Register keys" size={720} closeOnClickOutside={text === ''}>
      {register.data ? (
        <div className={layout.form}>
          <RowReport rows={register.data.rows.map((row) => ({ ...row, about: serials[row.row - 1] || null }))} />
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            register.mutate({ body: { csv: text } });
          }}
        >
          <TextOrFile
            label="CSV"
            description={
              <>
                Its header names <code>model</code>, <code>serial</code> and <code>keySha256</code> (SHA-256 of the
                subject public key info, 64 hex digits) or <code>publicKey</code> (PEM or base64); <code>name</code>,{' '}
                <code>site</code>, <code>class</code> and <code>label.…</code> are optional.
              </>
            }
            placeholder={'model,serial,keySha256\ngateway-x1,GW-0001,9f86d081884c7d65…'}
            accept=".csv,.txt,text/csv,text/plain"
            max={4 * 1024 * 1024}
            autoFocus
            value={text}
            onChange={setText}
            error={bulk.kind === 'serials' ? 'The first line must name the columns' : fieldFault(register.error, 'csv')}
          />
          <p className={classes.read} role="status">
            {n > 0 ? `A CSV with ${many(n, 'row')}. The same rows again change nothing.` : 'Nothing to read yet.'}
          </p>
          {register.isError ? <ProblemNotice error={register.error} /> : null}
          <div className={layout.buttons}>
            <Button type="submit" loading={register.isPending} disabled={n === 0}>
              {n > 0 ? `Register ${many(n, 'key')}` : 'Register keys'}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
