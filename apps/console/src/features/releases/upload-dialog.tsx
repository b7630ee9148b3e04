import { Button, FileInput, Modal, NumberInput, TagsInput, Textarea, TextInput } from '@mantine/core';
import { createRelease } from '@muster/contracts/releases/releases.routes';
import type { Artifact } from '@muster/contracts/releases/releases.schema';
import { IconFile } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { bytes, percent } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { fleetQuery } from '../devices/devices.queries.js';
import classes from './releases.module.css';
import { type Progress, uploadArtifact } from './upload-artifact.js';

const phases = { hashing: 'Hashing in this browser', uploading: 'Uploading', done: 'Uploaded and checked' } as const;

function ProgressLine({ progress }: { readonly progress: Progress }) {
  const share = progress.total > 0 ? progress.done / progress.total : 1;
  return (
    <div role="status">
      <span>
        {phases[progress.phase]} · <span className="num">{percent(share, 0)}</span>{' '}
        <span className="quiet num">of {bytes(progress.total)}</span>
      </span>
      <div className={classes.track} aria-hidden>
        <i style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}

interface UploadDialogProps {
  readonly onClose: () => void;
  readonly onMade: (releaseId: string) => void;
}

/** A file becomes a draft release: hashed here, sent in pieces, checked there, then named and given its models. */
export function UploadDialog({ onClose, onMade }: UploadDialogProps) {
  const fleet = useQuery(fleetQuery);
  const [file, setFile] = useState<File | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [name, setName] = useState('');
  const [version, setVersion] = useState('');
  const [models, setModels] = useState<string[]>([]);
  const [rollbackIndex, setRollbackIndex] = useState(0);
  const [notes, setNotes] = useState('');
  const [artifact, setArtifact] = useState<Artifact | null>(null);
  const upload = useMutation({
    mutationFn: (chosen: File) => uploadArtifact(chosen, setProgress),
    onSuccess: setArtifact,
  });
  const create = useAction(createRelease, { stale: [['releases']], onDone: (release) => onMade(release.id) });
  const versionFault = version !== '' && !/^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(version);

  const choose = (chosen: File | null) => {
    setFile(chosen);
    setArtifact(null);
    setProgress(null);
    upload.reset();
    if (!chosen) return;
    const found = /(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+?)?)(?=\.[a-z]|$)/.exec(chosen.name);
    if (found && version === '') setVersion(found[1]!);
    if (name === '') setName(chosen.name.replace(/[-_.]?v?\d+\.\d+.*$/, '') || chosen.name);
    upload.mutate(chosen);
  };

  return (
    <Modal opened onClose={onClose} title="Upload a release" size={640} closeOnClickOutside={!upload.isPending}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (artifact)
            create.mutate({
              body: { name: name.trim(), version, models, artifactId: artifact.id, rollbackIndex, notes },
            });
        }}
      >
        <FileInput
          label="File"
          placeholder="Choose the artifact"
          required
          data-autofocus
          clearable
          leftSection={<IconFile size={15} />}
          value={file}
          onChange={choose}
        />
        {progress ? <ProgressLine progress={progress} /> : null}
        {artifact ? (
          <p className="quiet">
            SHA-256 <code className={classes.sha}>{artifact.sha256}</code>
          </p>
        ) : null}
        {upload.isError ? <ProblemNotice error={upload.error} onRetry={() => file && upload.mutate(file)} /> : null}
        <div className={layout.fields}>
          <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput
            label="Version"
            placeholder="1.5.0"
            required
            error={versionFault ? 'A semantic version such as 1.5.0' : undefined}
            value={version}
            onChange={(event) => setVersion(event.currentTarget.value.trim())}
          />
          <NumberInput
            label="Rollback index"
            min={0}
            value={rollbackIndex}
            onChange={(value) => setRollbackIndex(Number(value) || 0)}
          />
        </div>
        <TagsInput
          label="Hardware models"
          description="Only devices of these models may install it"
          required
          data={(fleet.data?.models ?? []).map((row) => row.model)}
          value={models}
          onChange={setModels}
        />
        <Textarea
          label="Notes"
          autosize
          minRows={2}
          value={notes}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        {create.isError ? <ProblemNotice error={create.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={!artifact || name.trim() === '' || version === '' || versionFault || models.length === 0}
          >
            Make the draft
          </Button>
        </div>
      </form>
    </Modal>
  );
}
