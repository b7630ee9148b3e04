import { Textarea } from '@mantine/core';
import type { Checked } from './check-config.js';
import classes from './configs.module.css';

interface DocumentEditorProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly checked: Checked;
  readonly disabled?: boolean;
  readonly minRows?: number;
}

/** A golden config as JSON, with its faults named beneath by the rules the server will apply. */
export function DocumentEditor({ text, onChange, checked, disabled = false, minRows = 14 }: DocumentEditorProps) {
  return (
    <>
      <Textarea
        label="Document (JSON)"
        autosize
        minRows={minRows}
        maxRows={34}
        spellCheck={false}
        disabled={disabled}
        styles={{ input: { fontFamily: 'var(--mono)', fontSize: 12, lineHeight: '18px', tabSize: 2 } }}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {checked.kind === 'faulty' ? (
        <ul className={classes.faults} role="alert" aria-label="Faults">
          {checked.faults.slice(0, 8).map((fault) => (
            <li key={`${fault.at} ${fault.message}`}>
              {fault.at ? <code>{fault.at}</code> : null} {fault.message}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
