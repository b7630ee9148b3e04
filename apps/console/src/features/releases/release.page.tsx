import { Button } from '@mantine/core';
import { publishRelease, revokeRelease, signRelease } from '@muster/contracts/releases/releases.routes';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { Copyable } from '../../ui/copyable.js';
import { Facts } from '../../ui/facts.js';
import { bytes, count, many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { DeltasPanel } from './deltas.panel.js';
import { DemandsPanel } from './demands.panel.js';
import { EditDialog } from './edit-dialog.js';
import { ReleaseCampaignsPanel } from './release-campaigns.panel.js';
import classes from './releases.module.css';
import { releaseQuery } from './releases.queries.js';
import { SbomPanel } from './sbom.panel.js';
import { Way } from './way.js';

const route = getRouteApi('/inside/releases/$releaseId');

function Actions({ release }: { readonly release: Release }) {
  const maySign = useMay('release:sign');
  const mayPublish = useMay('release:publish');
  const mayRevoke = useMay('release:revoke');
  const mayWrite = useMay('release:write');
  const [revoking, setRevoking] = useState(false);
  const [editing, setEditing] = useState(false);
  const stale = [['releases']] as const;
  const sign = useAction(signRelease, { stale });
  const publish = useAction(publishRelease, { stale });
  const revoke = useAction(revokeRelease, { stale, onDone: () => setRevoking(false) });
  const input = { params: { releaseId: release.id }, body: {}, match: release.etag };
  const error = sign.error ?? publish.error;
  return (
    <>
      {error ? <ProblemNotice error={error} /> : null}
      {release.state === 'draft' ? (
        <Button
          disabled={!maySign}
          title={maySign ? undefined : 'Needs the permission release:sign'}
          loading={sign.isPending}
          onClick={() => sign.mutate(input)}
        >
          Sign
        </Button>
      ) : null}
      {release.state === 'signed' ? (
        <Button
          disabled={!mayPublish}
          title={mayPublish ? undefined : 'Needs the permission release:publish'}
          loading={publish.isPending}
          onClick={() => publish.mutate(input)}
        >
          Publish
        </Button>
      ) : null}
      {release.state === 'published' ? (
        <Button component={Link} to="/campaigns/new" search={{ releaseId: release.id } as never}>
          Launch a campaign
        </Button>
      ) : null}
      <Button
        variant="default"
        disabled={!mayWrite}
        title={mayWrite ? undefined : 'Needs the permission release:write'}
        onClick={() => setEditing(true)}
      >
        Edit…
      </Button>
      {editing ? <EditDialog release={release} onClose={() => setEditing(false)} /> : null}
      {release.state === 'revoked' ? null : (
        <Button
          variant="default"
          disabled={!mayRevoke}
          title={mayRevoke ? undefined : 'Needs the permission release:revoke'}
          onClick={() => setRevoking(true)}
        >
          Revoke…
        </Button>
      )}
      <ConfirmAction
        opened={revoking}
        onClose={() => setRevoking(false)}
        title={`Revoke ${release.name} ${release.version}?`}
        verb="Revoke"
        danger
        reason="required"
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={(reason) => revoke.mutate({ ...input, body: { reason } })}
      >
        <p>
          It is never offered again, to anybody, and nobody returns to it.{' '}
          <strong>{many(release.devicesOn, 'device')}</strong> running it keep running it until another campaign reaches
          them.
        </p>
      </ConfirmAction>
    </>
  );
}

/** One release: its artifact, its signature, how far it is on its way and which campaigns bring it. */
export function ReleasePage() {
  const { releaseId } = route.useParams();
  const query = useQuery(releaseQuery(releaseId));
  return (
    <Answer query={query} lines={10}>
      {(release) => (
        <>
          <PageHeader
            title={`${release.name} ${release.version}`}
            parent={{ to: '/releases', label: 'Releases' }}
            badge={<StatusBadge noun="release" state={release.state} form="pill" />}
            sub={
              <>
                <span>for {release.models.join(', ')}</span>
                <Link to="/devices" search={{ firmware: release.version }} className="link">
                  {count(release.devicesOn)} devices on it
                </Link>
              </>
            }
            actions={<Actions release={release} />}
          />
          <div className={layout.stack}>
            <Way release={release} />
            <div className={layout.halves}>
              <div className={layout.stack}>
                <Panel title="Artifact">
                  <Facts
                    facts={[
                      ['File', release.artifact.name],
                      ['Size', `${bytes(release.artifact.size)} (${count(release.artifact.size)} bytes)`],
                      ['SHA-256', <Copyable key="sha" text={release.artifact.sha256} label="SHA-256" head={28} />],
                      [
                        'Manifest',
                        release.manifestJws ? (
                          <Copyable key="jws" text={release.manifestJws} label="signed manifest" head={28} />
                        ) : (
                          'not signed yet'
                        ),
                      ],
                    ]}
                  />
                </Panel>
                <Panel title="Notes">
                  <p className={`${classes.notes} soft`}>{release.notes || 'No notes.'}</p>
                </Panel>
              </div>
              <div className={layout.stack}>
                <DemandsPanel release={release} />
                <DeltasPanel release={release} />
              </div>
            </div>
            <ReleaseCampaignsPanel releaseId={release.id} />
            <SbomPanel key={release.id} release={release} />
          </div>
        </>
      )}
    </Answer>
  );
}
