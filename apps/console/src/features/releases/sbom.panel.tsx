import { Button, FileButton, SegmentedControl, Select, TextInput } from '@mantine/core';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../ui/empty-state.js';
import { many, moment } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useMay } from '../access/session.queries.js';
import { attachSbom } from './attach-sbom.js';
import { ComponentsTable } from './components-table.js';
import classes from './releases.module.css';
import { releasesQuery } from './releases.queries.js';
import { SbomDiffTable } from './sbom-diff-table.js';

const formats = { cyclonedx: 'CycloneDX', spdx: 'SPDX' } as const;

function Attach({ release }: { readonly release: Release }) {
  const cache = useQueryClient();
  const may = useMay('release:write');
  const attach = useMutation({
    mutationFn: (file: File) => attachSbom(release.id, file),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['releases'] }),
  });
  return (
    <>
      {attach.isError ? <ProblemNotice error={attach.error} /> : null}
      <FileButton accept=".json,application/json" onChange={(file) => file && attach.mutate(file)}>
        {(props) => (
          <Button
            {...props}
            variant="default"
            size="compact-sm"
            loading={attach.isPending}
            disabled={!may}
            title={may ? undefined : 'Needs the permission release:write'}
          >
            {release.sbom ? 'Replace the SBOM' : 'Attach an SBOM'}
          </Button>
        )}
      </FileButton>
    </>
  );
}

/** What a release is made of: its components, found by name, and what changed in them since another release. */
export function SbomPanel({ release }: { readonly release: Release }) {
  const [view, setView] = useState<'components' | 'changes'>('components');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string | null>(null);
  const others = useQuery(releasesQuery({ pageSize: 200 }));
  const { sbom } = release;
  if (!sbom)
    return (
      <Panel title="SBOM">
        <EmptyState
          title="No SBOM is attached"
          action={release.state === 'draft' ? <Attach release={release} /> : undefined}
        >
          CycloneDX 1.4 to 1.6 or SPDX 2.2 or 2.3, as JSON. It can be attached while the release is a draft.
        </EmptyState>
      </Panel>
    );
  const comparable = (others.data?.items ?? []).filter((other) => other.id !== release.id && other.sbom);
  const from = chosen ?? comparable.find((other) => other.createdAt < release.createdAt)?.id ?? null;
  return (
    <Panel
      title="SBOM"
      aside={
        <span className="quiet">
          {formats[sbom.format]} {sbom.specVersion} · {many(sbom.components, 'component')} · attached{' '}
          {moment(sbom.createdAt)} by {sbom.createdBy}
        </span>
      }
      actions={
        <>
          {release.state === 'draft' ? <Attach release={release} /> : null}
          <Button
            component="a"
            href={`/api/v1/releases/${release.id}/sbom`}
            download={`${release.name}-${release.version}.${sbom.format}.json`}
            variant="default"
            size="compact-sm"
          >
            Download
          </Button>
        </>
      }
      bare
    >
      <div className={classes.tools}>
        <SegmentedControl
          size="xs"
          aria-label="Show"
          value={view}
          onChange={(value) => setView(value as typeof view)}
          data={[
            { value: 'components', label: 'Components' },
            { value: 'changes', label: 'Changes' },
          ]}
        />
        {view === 'components' ? (
          <TextInput
            className={classes.search}
            aria-label="Component name"
            placeholder="Part of a name, such as ssl"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        ) : (
          <Select
            className={classes.search}
            aria-label="Compare with"
            placeholder={comparable.length > 0 ? 'Compare with' : 'No other release has an SBOM'}
            searchable
            value={from}
            data={comparable.map((other) => ({ value: other.id, label: `${other.name} ${other.version}` }))}
            onChange={setChosen}
          />
        )}
      </div>
      {view === 'components' ? (
        <ComponentsTable releaseId={release.id} name={name.trim()} />
      ) : from ? (
        <SbomDiffTable releaseId={release.id} from={from} />
      ) : (
        <EmptyState title="Choose a release to compare with" />
      )}
    </Panel>
  );
}
