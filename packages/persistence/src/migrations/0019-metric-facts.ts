import { oneOf, Statements } from './statements.js';

/**
 * What the catalogue knows of a metric, and what is wrong with single readings: `quality` is null where all are fine, which
 * is nearly always, and else as long as `value`.
 */
export class MetricFacts1763700000019 extends Statements {
  readonly forward = [
    `alter table metrics
      add column kind text not null default 'gauge' ${oneOf('kind', 'gauge', 'counter')},
      add column low float8,
      add column high float8,
      add column wrap_at float8,
      add column stuck_after_s int,
      add column alias_of int references metrics,
      add column factor float8 not null default 1,
      add column shift float8 not null default 0,
      add column personal boolean not null default false,
      add column version int not null default 1`,
    'alter table messages add column quality smallint[]',
  ];

  readonly back = [
    'alter table messages drop column quality',
    `alter table metrics drop column kind, drop column low, drop column high, drop column wrap_at, drop column stuck_after_s,
      drop column alias_of, drop column factor, drop column shift, drop column personal, drop column version`,
  ];
}
