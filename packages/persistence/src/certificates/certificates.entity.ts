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
}
