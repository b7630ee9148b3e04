import { Button, FileInput, Modal, TextInput } from '@mantine/core';
import { createRelease } from '@muster/contracts/releases/releases.routes';
import type { Artifact, Release } from '@muster/contracts/releases/releases.schema';
import { IconFile, IconListDetails } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { bytes, percent } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { attachSbom } from './attach-sbom.js';
import { DemandFields } from './demand-fields.js';
import { blankDemands, isVersion, minVersionFault, newDemands } from './demand-form.js';
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
  const [file, setFile] = useState<File | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [name, setName] = useState('');
  const [version, setVersion] = useState('');
  const [demands, setDemands] = useState(blankDemands);
  const [sbom, setSbom] = useState<File | null>(null);
  const [artifact, setArtifact] = useState<Artifact | null>(null);
  const upload = useMutation({
    mutationFn: (chosen: File) => uploadArtifact(chosen, setProgress),
    onSuccess: setArtifact,
  });
  const attach = useMutation({
    mutationFn: ({ draft, document }: { draft: Release; document: File }) => attachSbom(draft.id, document),
    onSuccess: (release) => onMade(release.id),
  });
  const create = useAction(createRelease, {
    stale: [['releases']],
    onDone: (draft) => (sbom ? attach.mutate({ draft, document: sbom }) : onMade(draft.id)),
  });
  const versionFault = version !== '' && !isVersion(version);
  const incomplete = !artifact || name.trim() === '' || version === '' || demands.models.length === 0;
  const wrong = versionFault || minVersionFault(demands.minVersion, version) !== null;

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
          if (create.data && sbom) attach.mutate({ draft: create.data, document: sbom });
          else if (artifact)
            create.mutate({ body: { ...newDemands(demands), name: name.trim(), version, artifactId: artifact.id } });
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
        </div>
        <DemandFields form={demands} version={version} onChange={setDemands} />
        <FileInput
          label="SBOM"
          description="CycloneDX 1.4 to 1.6 or SPDX 2.2 or 2.3, as JSON"
          placeholder="None"
          accept=".json,application/json"
          clearable
          leftSection={<IconListDetails size={15} />}
          value={sbom}
          onChange={setSbom}
        />
        {create.isError ? <ProblemNotice error={create.error} /> : null}
        {attach.isError && create.data ? (
          <>
            <p>The draft was made; its SBOM was not taken. Choose another file, or go on without one.</p>
            <ProblemNotice error={attach.error} />
          </>
        ) : null}
        <div className={layout.buttons}>
          {attach.isError && create.data ? (
            <Button variant="default" onClick={() => onMade(create.data.id)}>
              Go on without
            </Button>
          ) : (
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
          )}
          <Button
            type="submit"
            loading={create.isPending || attach.isPending}
            disabled={incomplete || wrong || (create.isSuccess && !sbom)}
          >
            {create.isSuccess ? 'Attach the SBOM' : 'Make the draft'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
