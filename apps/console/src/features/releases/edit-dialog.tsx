import { Button, Modal } from '@mantine/core';
import { updateRelease } from '@muster/contracts/releases/releases.routes';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { DemandFields } from './demand-fields.js';
import { demandsOf, minVersionFault, patchOf } from './demand-form.js';

interface EditDialogProps {
  readonly release: Release;
  readonly onClose: () => void;
}

/** Changes what a draft says; of a signed release its notes and the end of support. */
export function EditDialog({ release, onClose }: EditDialogProps) {
  const [form, setForm] = useState(() => demandsOf(release));
  const update = useAction(updateRelease, { stale: [['releases']], onDone: onClose });
  const patch = patchOf(release, form);
  const wrong = form.models.length === 0 || minVersionFault(form.minVersion, release.version) !== null;
  return (
    <Modal opened onClose={onClose} title={`Edit ${release.name} ${release.version}`} size={640}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate({ params: { releaseId: release.id }, body: patch, match: release.etag });
        }}
      >
        {release.state === 'draft' ? null : (
          <p className="quiet">The signed manifest states the rest, and keeps the end of support it was signed with.</p>
        )}
        <DemandFields form={form} version={release.version} fixed={release.state !== 'draft'} onChange={setForm} />
        {update.isError ? <ProblemNotice error={update.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={update.isPending} disabled={wrong || Object.keys(patch).length === 0}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
