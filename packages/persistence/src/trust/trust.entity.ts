import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('authorities')
export class AuthorityEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('text') kind!: string;
  @Column({ type: 'int', default: 1 }) generation!: number;
  @Column({ type: 'text', default: 'active' }) state!: string;
  @Column('text') certificatePem!: string;
  @Column('text') keyRef!: string;
  @Column({ type: 'bigint', default: 0 }) crlNumber!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text') kid!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('text') purpose!: string;
  @Column('text') algorithm!: string;
  @Column('jsonb') publicJwk!: unknown;
  @Column('text') keyRef!: string;
  @Column({ type: 'text', default: 'active' }) state!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
