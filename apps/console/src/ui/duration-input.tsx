import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';
import { durationText, parseDuration } from './duration-text.js';

interface DurationInputProps extends Omit<TextInputProps, 'value' | 'onChange' | 'min' | 'max' | 'error'> {
  /** Seconds; null where a duration may be left out and is. */
  readonly value: number | null;
  readonly onChange: (seconds: number | null) => void;
  readonly min?: number;
  readonly max?: number;
  readonly optional?: boolean;
}

/** A length of time in words: "15 min", "1 h 30 min", or plain seconds. */
export function DurationInput({ value, onChange, min = 0, max, optional = false, ...rest }: DurationInputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = (text: string): string | null => {
    if (text.trim() === '') return optional ? null : 'such as 15 min';
    const seconds = parseDuration(text);
    if (seconds === null) return 'such as 15 min';
    if (seconds < min) return `at least ${durationText(min)}`;
    return max !== undefined && seconds > max ? `at most ${durationText(max)}` : null;
  };
  const shown = typed ?? (value === null ? '' : durationText(value));
  const fault = wrong(shown);
  return (
    <TextInput
      {...rest}
      inputMode="text"
      value={shown}
      error={fault ?? undefined}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        if (wrong(text) === null) onChange(text.trim() === '' ? null : parseDuration(text));
      }}
      onBlur={() => {
        if (fault === null) setTyped(null);
      }}
    />
  );
}
