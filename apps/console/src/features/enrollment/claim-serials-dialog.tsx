import { Button, Modal } from '@mantine/core';
import { addClaimSerials } from '@muster/contracts/enrollment/claims.routes';
import type { ClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { fieldFault } from '../../ui/field-faults.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PagedList } from '../../ui/paged-list.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import { MayButton } from '../access/may-button.js';
import { serialsOf } from './bulk-text.js';
import classes from './enrollment.module.css';
import { claimSerialsQuery } from './enrollment.queries.js';

/** The serial numbers a batch lets in without asking: which were used, and by which device; and more of them. */
export function ClaimSerialsDialog({ batch, onClose }: { readonly batch: ClaimBatch; readonly onClose: () => void }) {
  const serials = useInfiniteQuery(claimSerialsQuery(batch.id));
  const [text, setText] = useState('');
  const add = useAction(addClaimSerials, { stale: [['claims']], onDone: () => setText('') });
  const wanted = serialsOf(text);
  return (
    <Modal opened onClose={onClose} title={`Serial numbers of ${batch.name}`} size={640}>
      <div className={layout.form}>
        <div className={classes.report}>
          <PagedList
            query={serials}
            empty={
              <EmptyState title="None is listed">
                {batch.unlisted === 'queue'
                  ? 'Every device of this batch waits for a person.'
                  : 'Every device is refused until its serial number is here.'}
              </EmptyState>
            }
          >
            {(rows) => (
              <DataTable
                caption="Serial numbers"
                rows={rows}
                rowKey={(row) => row.serial}
                virtual
                columns={[
                  { key: 'serial', head: 'Serial', cell: (row) => <code>{row.serial}</code> },
                  { key: 'used', head: 'Enrolled', cell: (row) => <RelativeTime at={row.usedAt} never="not yet" /> },
                  {
                    key: 'device',
                    head: '',
                    purpose: 'Device',
                    align: 'right',
                    cell: (row) =>
                      row.deviceId ? (
                        <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
                          Open the device
                        </Link>
                      ) : null,
                  },
                ]}
              />
            )}
          </PagedList>
        </div>
        {batch.revokedAt === null ? (
          <form
            className={layout.form}
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate({ params: { batchId: batch.id }, body: { serials: wanted } });
            }}
          >
            <TextOrFile
              label="Add serial numbers"
              description="One a line, or a CSV with a column serial. Those it has are left as they are."
              accept=".csv,.txt,text/csv,text/plain"
              max={4 * 1024 * 1024}
              rows={3}
              value={text}
              onChange={setText}
              error={fieldFault(add.error, 'serials')}
            />
            {add.isError ? <ProblemNotice error={add.error} /> : null}
            <div className={layout.buttons}>
              <Button variant="default" onClick={onClose}>
                Close
              </Button>
              <MayButton
                permission="enrollment:write"
                type="submit"
                loading={add.isPending}
                whyNot={wanted.length === 0 ? 'Nothing to add' : undefined}
              >
                {wanted.length > 0 ? `Add ${many(wanted.length, 'serial number')}` : 'Add'}
              </MayButton>
            </div>
          </form>
        ) : null}
      </div>
    </Modal>
  );
}
