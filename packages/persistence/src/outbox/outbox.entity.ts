import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('outbox')
export class LetterEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'bigint', nullable: true }) position!: number | null;
  @Column('text') tenantId!: string;
  @Column('text') type!: string;
  @Column('text') key!: string;
  @Column('jsonb') payload!: unknown;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) relayedAt!: Date | null;
}

@Entity('applied_letters')
export class AppliedLetterEntity {
  @PrimaryColumn('text') consumer!: string;
  @PrimaryColumn('uuid') letterId!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) at!: Date;
}
