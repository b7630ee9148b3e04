import type { SigningKey, TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { Copyable } from '../../ui/copyable.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { ProposeDialog } from './propose-dialog.js';
import { ReleaseKeyDialog } from './release-key-dialog.js';
import { signingKeysQuery } from './trust.queries.js';

interface Asked {
  readonly change: TrustChangeInput;
  readonly text: ReactNode;
}

const purposes: readonly (readonly [SigningKey['purpose'], title: string, what: string, rotate: string])[] = [
  [
    'command',
    'Command keys',
    'sign commands, twins and offers to devices',
    'A new key is made and told to devices in a bundle. It signs once they know it; the old one stays believed until then.',
  ],
  [
    'release',
    'Release keys',
    'sign firmware; the half that signs may stay in another place',
    'A new key is made here and told to devices in a bundle. Releases signed by the old one stay valid.',
  ],
  [
    'trust',
    'Trust keys',
    'sign the bundles that say which roots and keys devices believe',
    'The next bundle is signed by the key before it and names the new one, so that devices follow step by step.',
  ],
];

/** Keys that sign what devices obey, and how to replace them. */
export function SigningKeysPanel() {
  const keys = useQuery(signingKeysQuery);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [registering, setRegistering] = useState(false);
  const columns: readonly Column<SigningKey>[] = [
    { key: 'kid', head: 'Key', cell: (row) => <Copyable text={row.kid} label="key id" head={28} /> },
    { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="signingKey" state={row.state} /> },
    { key: 'algorithm', head: 'Algorithm', cell: (row) => row.algorithm },
    {
      key: 'where',
      head: 'Private half',
      cell: (row) => (row.offline ? <b>kept elsewhere</b> : <span className="soft">in this installation</span>),
    },
    {
      key: 'bundle',
      head: 'Known since bundle',
      align: 'right',
      cell: (row) => row.sinceBundle ?? <span className="quiet">none yet</span>,
    },
    { key: 'since', head: 'Since', cell: (row) => <RelativeTime at={row.since} /> },
    {
      key: 'do',
      head: '',
      purpose: 'Actions',
      align: 'right',
      cell: (row) => (
        <>
          {row.state === 'next' ? (
            <MayButton
              permission="trust:write"
              variant="default"
              size="compact-xs"
              aria-label={`Sign with ${row.kid}`}
              onClick={() =>
                setAsked({
                  change: { kind: 'activate_key', kid: row.kid },
                  text: <p>From then on it signs. Devices that have not taken its bundle refuse what it signs.</p>,
                })
              }
            >
              Sign with it…
            </MayButton>
          ) : null}
          {row.state === 'next' || row.state === 'retired' ? (
            <MayButton
              permission="trust:write"
              variant="subtle"
              color="gray"
              size="compact-xs"
              aria-label={`Revoke ${row.kid}`}
              onClick={() =>
                setAsked({
                  change: { kind: 'revoke_key', kid: row.kid },
                  text: <p>The next bundle leaves it out: devices refuse whatever it signed, old releases too.</p>,
                })
              }
            >
              Revoke…
            </MayButton>
          ) : null}
        </>
      ),
    },
  ];
  return (
    <Answer query={keys} lines={8}>
      {({ items }) => (
        <div className={layout.stack}>
          {purposes.map(([purpose, title, what, rotate]) => (
            <Panel
              key={purpose}
              title={title}
              aside={what}
              actions={
                <>
                  {purpose === 'release' ? (
                    <MayButton permission="trust:write" variant="default" onClick={() => setRegistering(true)}>
                      Register a key kept elsewhere…
                    </MayButton>
                  ) : null}
                  <MayButton
                    permission="trust:write"
                    variant="default"
                    aria-label={`Rotate the ${purpose} key`}
                    onClick={() => setAsked({ change: { kind: 'rotate_key', purpose }, text: <p>{rotate}</p> })}
                  >
                    Rotate…
                  </MayButton>
                </>
              }
              bare
            >
              <DataTable
                caption={title}
                rows={items.filter((key) => key.purpose === purpose)}
                rowKey={(row) => row.kid}
                columns={columns}
              />
            </Panel>
          ))}
          {asked ? (
            <ProposeDialog change={asked.change} onClose={() => setAsked(null)}>
              {asked.text}
            </ProposeDialog>
          ) : null}
          {registering ? <ReleaseKeyDialog onClose={() => setRegistering(false)} /> : null}
        </div>
      )}
    </Answer>
  );
}
