-- Mail: which address is verified, in which language a member reads, and what a link changes.

ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT 'ko'; -- of the mails to the member
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;           -- when the address was verified; NULL: it is not
ALTER TABLE links ADD COLUMN address TEXT;                        -- the address that the link sets or restores

-- Who fails is noted by channel, because a recipient of webhooks may have any name.
ALTER TABLE failing_recipients RENAME TO failing_before;
CREATE TABLE failing_recipients (
  channel   TEXT    NOT NULL,                     -- webhook, mail or grant
  recipient TEXT    NOT NULL,                     -- its name
  since     INTEGER NOT NULL,                     -- when the first of these tries was sent
  problem   TEXT    NOT NULL,                     -- what the last try met
  warned_by TEXT,                                 -- id of the run that wrote the warning: there is one
  PRIMARY KEY (channel, recipient)
) STRICT, WITHOUT ROWID;
INSERT INTO failing_recipients (channel, recipient, since, problem, warned_by)
SELECT 'webhook', recipient, since, problem, warned_by FROM failing_before;
DROP TABLE failing_before;

DROP INDEX outbox_unconfirmed;
CREATE INDEX outbox_unconfirmed ON outbox (channel, recipient, status, created_at) WHERE status <> 'confirmed';
