import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('authorities')
export class AuthorityEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('text') kind!: string;
  @Column({ type: 'int', default: 1 }) generation!: number;
  @Column({ type: 'text', default: 'issuing' }) state!: string;
  @Column('text') certificatePem!: string;
  @Column('text') keyRef!: string;
  @Column({ type: 'bigint', default: 0 }) crlNumber!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'int', default: 1 }) crlShards!: number;
}

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text') kid!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('text') purpose!: string;
  @Column('text') algorithm!: string;
  @Column('jsonb') publicJwk!: unknown;
  @Column({ type: 'text', nullable: true }) keyRef!: string | null;
  @Column({ type: 'text', default: 'active' }) state!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'int', default: 1 }) generation!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'int', nullable: true }) sinceBundle!: number | null;
}

@Entity('cross_certificates')
export class CrossCertificateEntity {
  @PrimaryColumn('uuid') subjectId!: string;
  @PrimaryColumn('uuid') issuerId!: string;
  @Column('text') certificatePem!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

@Entity('rollovers')
export class RolloverEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('text') kind!: string;
  @Column('uuid') fromId!: string;
  @Column('uuid') toId!: string;
  @Column({ type: 'text', default: 'open' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'int', default: 0 }) share!: number;
  @Column({ type: 'int', default: 0 }) bundle!: number;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'int', default: 1 }) version!: number;
}

@Entity('trust_changes')
export class TrustChangeEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'text', default: 'proposed' }) state!: string;
  @Column('jsonb') input!: unknown;
  @Column('text') summary!: string;
  @Column({ type: 'text', nullable: true }) comment!: string | null;
  @Column('text') requestedBy!: string;
  @Column('text') requestedByPerson!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) requestedAt!: Date;
  @Column({ type: 'text', nullable: true }) decidedBy!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) decidedAt!: Date | null;
  @Column({ type: 'text', nullable: true }) outcome!: string | null;
  @Column('timestamptz') expiresAt!: Date;
}

@Entity('trust_bundles')
export class TrustBundleEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('int') number!: number;
  @Column('text') jws!: string;
  @Column('text') reason!: string;
  @Column({ type: 'text', array: true }) roots!: string[];
  @Column({ type: 'text', array: true }) kids!: string[];
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

@Entity('trust_acknowledgements')
export class TrustAcknowledgementEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @Column('int') bundle!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) at!: Date;
}
