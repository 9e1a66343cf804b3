-- An erasure deletes the mails to a member who leaves.
CREATE INDEX outbox_mails_by_member ON outbox (member_id) WHERE channel = 'mail';
