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

@Entity('enrollment_tokens')
export class EnrollmentTokenEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') prefix!: string;
  @Column('text') secretHash!: string;
  @Column({ type: 'int', default: 1 }) maxUses!: number;
  @Column({ type: 'int', default: 0 }) uses!: number;
  @Column({ type: 'text', nullable: true }) site!: string | null;
  @Column({ type: 'text', nullable: true }) class!: string | null;
  @Column({ type: 'jsonb', default: {} }) labels!: unknown;
  @Column({ type: 'text', nullable: true }) model!: string | null;
  @Column({ type: 'text', nullable: true }) serial!: string | null;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
  @Column('timestamptz') expiresAt!: Date;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
}

@Entity('certificates')
export class CertificateEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') deviceId!: string;
  @Column({ type: 'uuid', nullable: true }) tokenId!: string | null;
  @Column({ type: 'text', nullable: true }) serial!: string | null;
  @Column({ type: 'text', nullable: true }) fingerprint!: string | null;
  @Column('text') keyHash!: string;
  @Column({ type: 'uuid', nullable: true }) authorityId!: string | null;
  @Column('text') state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'text', nullable: true }) pem!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) notBefore!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) notAfter!: Date | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) activatedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) renewRequestedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) sessionCutAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) handshakeRefusedAt!: Date | null;
}
