import { Select } from '@mantine/core';
import type { GoldenConfigDetail } from '@muster/contracts/configs/configs.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { Diff } from '../../ui/diff.js';
import { many, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { selectorText } from '../../ui/selector-text.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './configs.module.css';
import { configParts } from './configs.page.js';
import { configDiffQuery, configQuery } from './configs.queries.js';
import { DraftPanel } from './draft.panel.js';

const route = getRouteApi('/inside/configs/$configId');

function Comparison({ config }: { readonly config: GoldenConfigDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const newest = Math.max(1, ...config.versions.map(({ number }) => number));
  const to = search.to ?? newest;
  const from = search.from ?? Math.max(0, to - 1);
  const diff = useQuery(configDiffQuery(config.id, from, to));
  const numbers = config.versions.map(({ number }) => ({ value: String(number), label: `v${number}` }));
  return (
    <Panel
      title="Differences"
      actions={
        <>
          <Select
            aria-label="From version"
            allowDeselect={false}
            w={92}
            data={[{ value: '0', label: 'nothing' }, ...numbers]}
            value={String(from)}
            onChange={(value) => void navigate({ search: { from: Number(value), to }, replace: true })}
          />
          <span aria-hidden>→</span>
          <Select
            aria-label="To version"
            allowDeselect={false}
            w={92}
            data={numbers}
            value={String(to)}
            onChange={(value) => void navigate({ search: { from, to: Number(value) }, replace: true })}
          />
        </>
      }
      bare
    >
      {from === to ? (
        <Diff changes={[]} />
      ) : (
        <Answer query={diff}>{({ changes }) => <Diff changes={changes} />}</Answer>
      )}
    </Panel>
  );
}

function Versions({ config }: { readonly config: GoldenConfigDetail }) {
  return (
    <Panel title="Versions" bare>
      <ol>
        {config.versions
          .toSorted((a, b) => b.number - a.number)
          .map((version) => (
            <li key={version.number} className={classes.version}>
              <b className="num">v{version.number}</b>
              <StatusBadge noun="config" state={version.state} />
              <RelativeTime at={version.publishedAt ?? version.createdAt} className="quiet" />
              <span />
              <span className="soft">
                {version.notes || <span className="quiet">no notes</span>}
                <span className="quiet"> · {version.createdBy}</span>
              </span>
            </li>
          ))}
      </ol>
    </Panel>
  );
}

/** One golden config: what is live, what is being written, what changes between any two versions. */
export function ConfigPage() {
  const { configId } = route.useParams();
  const query = useQuery(configQuery(configId));
  return (
    <Answer query={query} lines={12}>
      {(config) => (
        <>
          <PageHeader
            title={config.name}
            parent={{ to: '/configs', label: 'Golden configs' }}
            badge={
              <StatusBadge noun="config" state={config.publishedNumber === null ? 'draft' : 'published'} form="pill" />
            }
            sub={
              <>
                <span>{words(config.layer)} layer</span>
                <span>for {selectorText(config.selector)}</span>
                <span>{config.policy === 'remediate' ? 'drift is corrected' : 'drift is reported'}</span>
                {config.drifted > 0 ? (
                  <Link to="/drift" className="link">
                    {many(config.drifted, 'device')} drifted
                  </Link>
                ) : null}
              </>
            }
          />
          <div className={layout.stack}>
            {config.publishedNumber === null ? null : (
              <Panel title="Devices" aside={`published v${config.publishedNumber}`}>
                <PartitionBar parts={configParts(config)} total={config.devices} unit="devices" />
              </Panel>
            )}
            <div className={layout.wideLeft}>
              <div className={layout.stack}>
                <DraftPanel key={config.id} config={config} />
                <Comparison config={config} />
              </div>
              <Versions config={config} />
            </div>
          </div>
        </>
      )}
    </Answer>
  );
}
