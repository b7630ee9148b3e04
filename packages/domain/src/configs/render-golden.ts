import { type ConfigLayer, configLayers } from '@muster/contracts/configs/configs.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { listFields } from '../devices/list-fields.js';
import { matchSelector, type SelectableDevice } from '../devices/match-selector.js';
import { isDocument, mergeDocument, type TwinDocument } from '../devices/merge-twin.js';

/** One published version of a golden config and the devices it is meant for. */
export interface GoldenDocument {
  readonly configId: string;
  readonly name: string;
  readonly number: number;
  readonly layer: ConfigLayer;
  readonly selector: Selector;
  readonly document: TwinDocument;
}

/** `origins` says for every field (JSON pointer) which golden config gave it its value. */
export interface RenderedConfig {
  readonly document: TwinDocument;
  readonly applied: readonly { readonly configId: string; readonly name: string; readonly number: number }[];
  readonly origins: Readonly<Record<string, string>>;
}

const rank = (layer: ConfigLayer): number => configLayers.indexOf(layer);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Layer first, then name, then id: the same facts give the same document whatever order they arrive in. */
const inOrder = (a: GoldenDocument, b: GoldenDocument): number =>
  rank(a.layer) - rank(b.layer) || compare(a.name, b.name) || compare(a.configId, b.configId);

/**
 * What a device's config is: the documents of all golden configs that select it, merged class < group < device and by name
 * within a layer. A null in a later layer takes a field away.
 */
export function renderGolden(configs: readonly GoldenDocument[], device: SelectableDevice): RenderedConfig {
  const layers = configs.filter((config) => matchSelector(config.selector, device)).sort(inOrder);
  const document = layers.reduce<TwinDocument>((below, layer) => mergeDocument(below, layer.document), {});
  const owners = layers.map((layer) => ({ name: layer.name, paths: ownedPaths(layer.document) }));
  const origins = Object.fromEntries(
    listFields(document).map(({ path }) => [path, owners.findLast(({ paths }) => paths.has(path))?.name ?? '']),
  );
  return {
    document,
    applied: layers.map(({ configId, name, number }) => ({ configId, name, number })),
    origins,
  };
}

const ownedPaths = (document: TwinDocument): ReadonlySet<string> =>
  new Set(listFields(document).map(({ path }) => path));

/** The desired twin with its `config` replaced; without any config the member goes, so the device drops what it had. */
export function withConfig(desired: TwinDocument, config: RenderedConfig): TwinDocument {
  const { config: _before, ...rest } = desired;
  return config.applied.length === 0 ? rest : { ...rest, config: config.document };
}

/** The part of a twin that golden configs own. */
export const configOf = (document: TwinDocument): TwinDocument => (isDocument(document.config) ? document.config : {});
