-- Delivered messages are kept for a while and then forgotten, the oldest first.
create index ledger_outbox_delivered on ledger_outbox (delivered_at) where state = 'delivered';
