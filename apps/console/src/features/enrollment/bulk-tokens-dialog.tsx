import { Button, Modal, Select } from '@mantine/core';
import { createEnrollmentTokens } from '@muster/contracts/enrollment/bulk.routes';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { fieldFault } from '../../ui/field-faults.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { saveFile } from '../../ui/save-file.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import { csvOf, readBulk } from './bulk-text.js';
import classes from './enrollment.module.css';
import { noPlace, PlaceFields, placeBody } from './place-fields.js';
import { RowReport } from './row-report.js';

const lifetimes = [
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
  { value: '2592000', label: '30 days' },
];
const LIMIT = 5000;

/** One token per serial number: pasted or from a file, with a report per row and the secrets as a file, once. */
export function BulkTokensDialog({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [place, setPlace] = useState(noPlace);
  const [expiresInS, setExpiresInS] = useState('86400');
  const [taken, setTaken] = useState(false);
  const create = useAction(createEnrollmentTokens, { stale: [['tokens', 'list']] });
  const bulk = readBulk(text);
  const n = bulk.kind === 'csv' ? bulk.rows : bulk.kind === 'serials' ? bulk.serials.length : 0;
  const report = create.data;
  const download = () => {
    if (!report) return;
    const made = report.rows.filter(({ token }) => token !== null);
    saveFile(
      'tokens.csv',
      csvOf(
        ['serial', 'token'],
        made.map(({ serial, token }) => [serial, token]),
      ),
      'text/csv',
    );
    setTaken(true);
  };
  // What cannot be shown again is not lost by a press beside the dialog.
  const kept = report !== undefined && report.created > 0 && !taken;
  return (
    <Modal
      opened
      onClose={onClose}
      title="Tokens for many devices"
      size={720}
      closeOnClickOutside={!kept && text === ''}
      closeOnEscape={!kept}
    >
      {report ? (
        <div className={layout.form}>
          <RowReport rows={report.rows.map((row) => ({ ...row, about: row.serial }))} />
          {report.created > 0 ? (
            <p className={classes.once}>
              The secrets are shown only now. Each lets in exactly the device with its serial number, once.
            </p>
          ) : null}
          <div className={layout.buttons}>
            <Button variant="default" onClick={onClose}>
              {kept ? 'Close without them' : 'Done'}
            </Button>
            {report.created > 0 ? (
              <Button leftSection={<IconDownload size={14} />} onClick={download}>
                Download {many(report.created, 'token')} as CSV
              </Button>
            ) : null}
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            const rows = bulk.kind === 'serials' ? bulk.serials.map((serial) => ({ ...placeBody(place), serial })) : [];
            create.mutate({
              body: { ...(bulk.kind === 'csv' ? { csv: text } : { rows }), expiresInS: Number(expiresInS) },
            });
          }}
        >
          <TextOrFile
            label="Serial numbers or a CSV"
            description={
              <>
                One serial number a line, or a CSV whose header names <code>serial</code> and any of <code>name</code>,{' '}
                <code>model</code>, <code>class</code>, <code>site</code>, <code>label.…</code>
              </>
            }
            placeholder={'GW-0001\nGW-0002'}
            accept=".csv,.txt,text/csv,text/plain"
            max={4 * 1024 * 1024}
            autoFocus
            value={text}
            onChange={setText}
            error={n > LIMIT ? `${many(n, 'row')}; at most 5,000 at a time` : fieldFault(create.error, 'csv')}
          />
          <p className={classes.read} role="status">
            {bulk.kind === 'nothing'
              ? 'Nothing to read yet.'
              : bulk.kind === 'csv'
                ? `A CSV with ${many(n, 'row')}; its columns say where each device belongs.`
                : `${many(n, 'serial number')}.`}
          </p>
          {bulk.kind === 'csv' ? null : <PlaceFields place={place} onChange={setPlace} />}
          <Select
            label="Valid for"
            allowDeselect={false}
            data={lifetimes}
            value={expiresInS}
            onChange={(value) => setExpiresInS(value ?? '86400')}
          />
          {create.isError ? <ProblemNotice error={create.error} /> : null}
          <div className={layout.buttons}>
            <Button type="submit" loading={create.isPending} disabled={n === 0 || n > LIMIT}>
              {n > 0 ? `Make ${many(n, 'token')}` : 'Make tokens'}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
