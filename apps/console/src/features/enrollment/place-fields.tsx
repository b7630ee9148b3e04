import { Autocomplete, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { layout } from '../../ui/layout.js';
import { fleetQuery } from '../devices/devices.queries.js';

/** What devices that enrol are given or must say. Empty text means it is left out. */
export interface Place {
  readonly model: string;
  readonly class: string;
  readonly site: string;
  readonly labels: Readonly<Record<string, string>>;
}
export const noPlace: Place = { model: '', class: 'gateway', site: '', labels: {} };

/** As a body of the contracts wants it. */
export const placeBody = (place: Place) => ({
  class: place.class.trim() || 'gateway',
  labels: { ...place.labels },
  ...(place.site.trim() ? { site: place.site.trim() } : {}),
  ...(place.model.trim() ? { model: place.model.trim() } : {}),
});

interface PlaceFieldsProps {
  readonly place: Place;
  readonly onChange: (place: Place) => void;
  readonly modelRequired?: boolean;
  readonly fault?: (field: string) => string | undefined;
}

/** Model, class, site and labels of the devices that come in this way. */
export function PlaceFields({ place, onChange, modelRequired = false, fault }: PlaceFieldsProps) {
  const fleet = useQuery(fleetQuery).data;
  const sites = [...new Set((fleet?.sites ?? []).map(({ site }) => site).filter((site) => site !== null))].sort();
  return (
    <div className={layout.fields}>
      <Autocomplete
        label={modelRequired ? 'Model' : 'Model (any when empty)'}
        required={modelRequired}
        data={(fleet?.models ?? []).map(({ model }) => model)}
        value={place.model}
        error={fault?.('model')}
        onChange={(model) => onChange({ ...place, model })}
      />
      <TextInput
        label="Class"
        value={place.class}
        error={fault?.('class')}
        onChange={(event) => onChange({ ...place, class: event.currentTarget.value })}
      />
      <Autocomplete
        label="Site (optional)"
        data={sites}
        value={place.site}
        error={fault?.('site')}
        onChange={(site) => onChange({ ...place, site })}
      />
      <TagsInput
        label="Labels (optional)"
        placeholder={Object.keys(place.labels).length === 0 ? 'key=value, Enter' : ''}
        value={Object.entries(place.labels).map(([key, value]) => `${key}=${value}`)}
        error={fault?.('labels')}
        onChange={(tags) =>
          onChange({
            ...place,
            labels: Object.fromEntries(
              tags.filter((tag) => tag.includes('=')).map((tag) => tag.split(/=(.*)/).slice(0, 2) as [string, string]),
            ),
          })
        }
      />
    </div>
  );
}
