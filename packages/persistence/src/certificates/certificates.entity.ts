import { Column, Entity, PrimaryColumn } from 'typeorm';

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
  @Column({ type: 'text', default: 'token' }) source!: string;
  @Column({ type: 'uuid', nullable: true }) sourceId!: string | null;
  @Column({ type: 'boolean', default: false }) late!: boolean;
  @Column({ type: 'timestamptz', nullable: true }) refusalProvenAt!: Date | null;
}

@Entity('crls')
export class CrlEntity {
  @PrimaryColumn('uuid') authorityId!: string;
  @PrimaryColumn('int') shard!: number;
  @Column('bigint') number!: number;
  @Column('bytea') der!: Buffer;
  @Column('timestamptz') thisUpdate!: Date;
  @Column('timestamptz') nextUpdate!: Date;
  @Column('int') entries!: number;
  @Column('text') digest!: string;
}

@Entity('crl_probes')
export class CrlProbeEntity {
  @PrimaryColumn('uuid') authorityId!: string;
  @PrimaryColumn('int') shard!: number;
  @PrimaryColumn('bigint') number!: number;
  @Column('text') serial!: string;
  @Column('text') certificatePem!: string;
  @Column('text') keyPem!: string;
  @Column('timestamptz') at!: Date;
  @Column('timestamptz') notAfter!: Date;
}

@Entity('ocsp_responders')
export class OcspResponderEntity {
  @PrimaryColumn('uuid') authorityId!: string;
  @PrimaryColumn('text') serial!: string;
  @Column('text') certificatePem!: string;
  @Column('timestamptz') notBefore!: Date;
  @Column('timestamptz') notAfter!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
