import { Button, Textarea } from '@mantine/core';
import { addConfigVersion, publishConfig } from '@muster/contracts/configs/configs.routes';
import type { GoldenConfigDetail } from '@muster/contracts/configs/configs.schema';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { selectorText } from '../../ui/selector-text.js';
import { useMay } from '../access/session.queries.js';
import { checkConfig } from './check-config.js';
import { configQuery } from './configs.queries.js';
import { DocumentEditor } from './document-editor.js';

/** The version being written: the draft if there is one, else a new one starting from what is published. */
export function DraftPanel({ config }: { readonly config: GoldenConfigDetail }) {
  const cache = useQueryClient();
  const draft = config.versions.find((version) => version.number === config.draftNumber);
  const published = config.versions.find((version) => version.number === config.publishedNumber);
  const start = JSON.stringify((draft ?? published)?.document ?? {}, null, 2);
  const [text, setText] = useState(start);
  const [notes, setNotes] = useState(draft?.notes ?? '');
  const [asking, setAsking] = useState(false);
  const mayWrite = useMay('config:write');
  const mayPublish = useMay('config:publish');
  const checked = checkConfig(text);
  const changed = text !== start || notes !== (draft?.notes ?? '');
  const params = { configId: config.id };
  const seen = (next: GoldenConfigDetail) => cache.setQueryData(configQuery(config.id).queryKey, next);
  const save = useAction(addConfigVersion, { stale: [['configs']], onDone: seen });
  const publish = useAction(publishConfig, {
    stale: [['configs'], ['drift'], ['fleet']],
    onDone: (next) => {
      setAsking(false);
      seen(next);
    },
  });
  return (
    <Panel
      title={draft ? `Draft v${draft.number}` : 'Write the next version'}
      aside={draft ? 'not published: no device has it' : published ? `starts from v${published.number}` : undefined}
      actions={
        <>
          <Button
            variant="default"
            disabled={!mayWrite || !changed || checked.kind !== 'fine'}
            title={mayWrite ? undefined : 'Needs the permission config:write'}
            loading={save.isPending}
            onClick={() =>
              checked.kind === 'fine' &&
              save.mutate({ params, body: { document: checked.document, notes }, match: config.version })
            }
          >
            Save draft
          </Button>
          <Button
            disabled={!draft || changed || !mayPublish}
            title={
              !mayPublish
                ? 'Needs the permission config:publish'
                : !draft || changed
                  ? 'Save the draft first'
                  : undefined
            }
            onClick={() => setAsking(true)}
          >
            Publish…
          </Button>
        </>
      }
    >
      <div className={layout.form}>
        <DocumentEditor text={text} onChange={setText} checked={checked} disabled={!mayWrite} />
        <Textarea
          label="Notes"
          placeholder="What changes and why"
          autosize
          minRows={2}
          value={notes}
          disabled={!mayWrite}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        {save.isError ? <ProblemNotice error={save.error} /> : null}
      </div>
      {draft ? (
        <ConfirmAction
          opened={asking}
          onClose={() => setAsking(false)}
          title={`Publish v${draft.number} of ${config.name}?`}
          verb="Publish"
          busy={publish.isPending}
          error={publish.error}
          onConfirm={() => publish.mutate({ params: { ...params, number: draft.number }, match: config.version })}
        >
          <p>
            It goes to <strong>{selectorText(config.selector)}</strong> at once: {many(config.devices, 'device')} now.
            Only changed keys travel. A published version never changes again; the next one replaces it.
          </p>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
