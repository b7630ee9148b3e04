import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('notifications')
export class NotificationEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') kind!: string;
  @Column('text') severity!: string;
  @Column('text') title!: string;
  @Column('text') body!: string;
  @Column({ type: 'text', nullable: true }) link!: string | null;
  @Column('timestamptz') at!: Date;
  @Column({ type: 'timestamptz', nullable: true }) readAt!: Date | null;
}

@Entity('webhooks')
export class WebhookEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') url!: string;
  @Column('text') secret!: string;
  @Column({ type: 'text', array: true }) types!: string[];
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) disabledAt!: Date | null;
}

@Entity('webhook_deliveries')
export class WebhookDeliveryEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') webhookId!: string;
  @Column('uuid') letterId!: string;
  @Column({ type: 'text', default: 'pending' }) state!: string;
  @Column({ type: 'int', default: 0 }) attempts!: number;
  @Column({ type: 'int', nullable: true }) lastStatus!: number | null;
  @Column({ type: 'text', nullable: true }) lastError!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) nextAt!: Date | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

@Entity('mail_recipients')
export class MailRecipientEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') address!: string;
  @Column({ type: 'text', array: true }) types!: string[];
  @Column('timestamptz') createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) lastAt!: Date | null;
  @Column({ type: 'text', nullable: true }) lastError!: string | null;
}

@Entity('mails')
export class MailEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') recipientId!: string;
  @Column('uuid') letterId!: string;
  @Column({ type: 'text', default: 'pending' }) state!: string;
  @Column('text') subject!: string;
  @Column('text') body!: string;
  @Column({ type: 'int', default: 0 }) attempts!: number;
  @Column({ type: 'text', nullable: true }) lastError!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) nextAt!: Date | null;
  @Column('timestamptz') createdAt!: Date;
}
