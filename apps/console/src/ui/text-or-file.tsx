import { Button, Textarea } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import { bytes } from './format.js';
import classes from './text-or-file.module.css';

interface TextOrFileProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly placeholder?: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly error?: string | undefined;
  /** What the file picker offers: ".csv,.txt". */
  readonly accept: string;
  /** Larger files are refused before they are read, in bytes. */
  readonly max: number;
  readonly rows?: number;
  readonly autoFocus?: boolean;
}

/** Text that is pasted, dropped or read from a file. */
export function TextOrFile(props: TextOrFileProps) {
  const id = useId();
  const [fault, setFault] = useState<string | null>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > props.max) {
      setFault(`${file.name} is ${bytes(file.size)}; at most ${bytes(props.max)} are taken`);
      return;
    }
    setFault(null);
    props.onChange(await file.text());
  };
  return (
    <div className={classes.field}>
      <Textarea
        label={props.label}
        description={props.description}
        placeholder={props.placeholder}
        error={props.error ?? fault}
        value={props.value}
        minRows={props.rows ?? 6}
        maxRows={14}
        autosize
        spellCheck={false}
        data-autofocus={props.autoFocus || undefined}
        classNames={{ input: 'mono' }}
        onChange={(event) => props.onChange(event.currentTarget.value)}
        onDrop={(event) => {
          if (event.dataTransfer.files.length === 0) return;
          event.preventDefault();
          void read(event.dataTransfer.files[0]);
        }}
      />
      <input
        id={id}
        type="file"
        hidden
        accept={props.accept}
        aria-label={`${props.label}: file`}
        onChange={(event) => {
          void read(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
      <Button
        className={classes.pick}
        size="compact-xs"
        variant="default"
        leftSection={<IconFileImport size={14} />}
        onClick={() => document.getElementById(id)?.click()}
      >
        Choose a file
      </Button>
    </div>
  );
}
