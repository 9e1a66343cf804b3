-- Mail: which address is verified, in which language a member reads, and what a link changes.

ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT 'ko'; -- of the mails to the member
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;           -- when the address was verified; NULL: it is not
ALTER TABLE links ADD COLUMN address TEXT;                        -- the address that the link sets or restores
