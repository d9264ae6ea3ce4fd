-- Accounts take turns: what is due is found account by account. When the next
-- is due of all is still asked of tasks_due.
CREATE INDEX tasks_turns ON tasks (account, due_at, id, conversation) WHERE set_aside = 0;
