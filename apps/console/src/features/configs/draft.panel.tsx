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
import classes from './configs.module.css';
import { configQuery } from './configs.queries.js';
import { DocumentEditor } from './document-editor.js';

const versionsOf = (config: GoldenConfigDetail) => ({
  draft: config.versions.find((version) => version.number === config.draftNumber),
  published: config.versions.find((version) => version.number === config.publishedNumber),
});

/** What a person starts to write from: the draft if there is one, else what is published. */
const startOf = (config: GoldenConfigDetail) => {
  const { draft, published } = versionsOf(config);
  return { text: JSON.stringify((draft ?? published)?.document ?? {}, null, 2), notes: draft?.notes ?? '' };
};

/**
 * The version being written. What others save meanwhile is shown at once while nothing is written here; once something
 * is, the text stays and is saved against the version it was written on, so that nobody overwrites another unknowingly.
 */
export function DraftPanel({ config }: { readonly config: GoldenConfigDetail }) {
  const cache = useQueryClient();
  const [base, setBase] = useState(config);
  const { draft, published } = versionsOf(base);
  const start = startOf(base);
  const [text, setText] = useState(start.text);
  const [notes, setNotes] = useState(start.notes);
  const [asking, setAsking] = useState(false);
  const mayWrite = useMay('config:write');
  const mayPublish = useMay('config:publish');
  const checked = checkConfig(text);
  const changed = text !== start.text || notes !== start.notes;
  const params = { configId: config.id };
  const adopt = (next: GoldenConfigDetail) => {
    setBase(next);
    setText(startOf(next).text);
    setNotes(startOf(next).notes);
  };
  const seen = (next: GoldenConfigDetail) => {
    cache.setQueryData(configQuery(config.id).queryKey, next);
    adopt(next);
  };
  const save = useAction(addConfigVersion, { stale: [['configs']], onDone: seen });
  const publish = useAction(publishConfig, {
    stale: [['configs'], ['drift'], ['fleet']],
    onDone: (next) => {
      setAsking(false);
      seen(next);
    },
  });
  const overtaken = config.version > base.version && !save.isPending && !publish.isPending;
  if (overtaken && !changed) adopt(config);
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
              save.mutate({ params, body: { document: checked.document, notes }, match: base.version })
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
        {overtaken && changed ? (
          <p className={classes.overtaken} role="status">
            Somebody changed this config while you wrote. Your text is kept, and cannot be saved over theirs.
            <Button
              variant="default"
              size="compact-xs"
              onClick={() => {
                save.reset();
                adopt(config);
              }}
            >
              Show theirs
            </Button>
          </p>
        ) : null}
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
          onConfirm={() => publish.mutate({ params: { ...params, number: draft.number }, match: base.version })}
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
