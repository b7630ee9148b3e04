import { Kbd } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import classes from './search-button.module.css';

/** Opens the palette; looks like the search box it becomes. */
export function SearchButton() {
  return (
    <button type="button" className={classes.search} onClick={() => spotlight.open()} aria-label="Search or jump to">
      <IconSearch size={15} stroke={1.8} aria-hidden />
      <span>Search or jump to…</span>
      <Kbd aria-hidden>Ctrl K</Kbd>
    </button>
  );
}
