-- Keys of card providers: the owner's alone; the audit says when one changed, never what it is.
create trigger payment_provider_secrets__touch_updated_at
before update on ops.payment_provider_secrets
for each row execute function audit.tg_touch_updated_at();
create trigger payment_provider_secrets__log_change
after insert or update or delete on ops.payment_provider_secrets
for each row execute function audit.tg_log_change(
    'api_key', 'webhook_secret', 'previous_webhook_secret'
);
